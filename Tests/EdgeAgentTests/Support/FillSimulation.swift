import PurgeModel
import TestSupport

@testable import EdgeAgent

/// One object, a simulated nginx that fills it, a purge in the middle, and the guard; a millisecond a step.
///
/// The visitors never stop asking: whenever the object is not there and nobody fetches it, somebody does.
struct FillSimulation {
    struct Options {
        /// Whether the access log is there, and its lines come soon.
        var isLogged: Bool
        /// Whether nginx lets only one request at a time fetch the object.
        var isLocked: Bool
    }

    /// One fetch from the origin, with the moments of its life.
    struct Fill {
        var began: Int64
        var head: Int64
        var lands: Int64
        var generation: UInt64
    }

    struct Outcome {
        /// Longest time that a response older than the purge could be served after its confirmation, in milliseconds.
        var longestStale: Int64 = 0
        /// Whether one was there when the guard had ended.
        var isStaleAtEnd = false
        /// Landings of responses older than the purge after its confirmation.
        var staleLandings = 0
        /// Purges by the guard of responses that were newer than the purge.
        var extraMisses = 0
        /// Fetches that landed after the purge.
        var landings = 0
    }

    static let window: Int64 = 3000
    private static let purgedAt: Int64 = 3200
    private static let zero: Int64 = 1_795_000_000_000

    private var random: SeededGenerator
    private let options: Options
    private let name: ObjectKey
    private var guardian = FillGuard()
    private let start = ContinuousClock.now
    private var fills: [Fill] = []
    private var cached: Fill?
    private var reports: [(due: Int64, fill: Fill)] = []
    private var lines: [(due: Int64, line: FetchLine)] = []
    private var outcome = Outcome()
    private var generation: UInt64 = 1
    /// How fast the origin is in this run: fast ones show what happens when fills follow each other closely.
    private let slowest: Int

    init(_ random: SeededGenerator, _ options: Options, name: ObjectKey) {
        self.random = random
        self.options = options
        self.name = name
        slowest = self.random.pick([10, 60, 400, 2800])
    }

    mutating func run() -> Outcome {
        for now in 0...(Self.purgedAt + Self.window + 300) {
            beginFills(now)
            land(now)
            if now == Self.purgedAt { purge(now) }
            if now >= Self.purgedAt { guardStep(now) }
            watch(now)
        }
        return outcome
    }

    private func isStale(_ fill: Fill) -> Bool { fill.began <= Self.purgedAt }

    private mutating func beginFills(_ now: Int64) {
        // Expired from time to time, so that fills are under way when the purge comes; others come without need where
        // there is no lock.
        if random.once(in: 700), now < Self.purgedAt { cached = nil }
        let isNeeded = cached == nil && (fills.isEmpty || (!options.isLocked && random.once(in: 30)))
        let isExtra = !options.isLocked && fills.count < 5 && random.once(in: 400)
        guard isNeeded || isExtra else { return }
        // No fill takes longer than the window; that is what an operator sets it by.
        let lands = now + Int64(min(random.number(1...slowest) + random.number(0...slowest), Int(Self.window) - 20))
        let head = now + Int64(random.number(1...Int(lands - now)))
        generation += 1
        fills.append(Fill(began: now, head: head, lands: lands, generation: generation))
    }

    private mutating func land(_ now: Int64) {
        for fill in fills where fill.lands <= now {
            cached = fill
            reports.append((now + Int64(random.number(0...3)), fill))
            guard now >= Self.purgedAt else { continue }
            outcome.landings += 1
            if isStale(fill) { outcome.staleLandings += 1 }
            let line = FetchLine(
                logged: Self.zero + now - Int64(random.number(0...4)), requested: Self.zero + fill.began,
                headerTime: fill.head - fill.began, key: 1)
            if options.isLogged { lines.append((now + Int64(random.number(0...8)), line)) }
        }
        fills.removeAll { $0.lands <= now }
    }

    /// Accepted, queued, applied and confirmed at once.
    private mutating func purge(_ now: Int64) {
        let number = guardian.begin(
            QueueKey(partition: 0, epoch: 0, offset: 0), zone: "z", mode: .delete,
            span: GuardSpan(from: Self.zero + now, window: .milliseconds(Self.window)), ends: instant(now + Self.window)
        ) { _ in GuardNames.OfPurge(whole: [1], kinds: .urls) }
        guardian.applied(number)
        cached = nil
        reports = []
    }

    private mutating func guardStep(_ now: Int64) {
        for line in lines where line.due <= now { guardian.add(line.line) }
        lines.removeAll { $0.due <= now }
        for report in reports where report.due <= now {
            // What is looked at is the file that has the name now.
            guard let fill = cached, let match = guardian.table.match(1) else { continue }
            let facts = FillFacts(
                key: 1, generation: fill.generation, born: Self.zero + fill.head, changed: Self.zero + fill.lands,
                date: (Self.zero + fill.head) / 1000, validUntil: .max)
            guardian.landed(
                name, match: match, facts: facts, isRefreshed: false, isLogged: options.isLogged, now: instant(now))
        }
        reports.removeAll { $0.due <= now }
        for removal in guardian.removals(instant(now)) { remove(removal) }
        if let first = guardian.ended(instant(now)) {
            for removal in guardian.lastRemovals(guardian.files(of: first.number)) { remove(removal) }
            guardian.removeFirst()
        }
    }

    private mutating func remove(_ removal: FillGuard.Removal) {
        if let cached, !isStale(cached) { outcome.extraMisses += 1 }
        cached = nil
        guardian.removed(removal)
    }

    private mutating func watch(_ now: Int64) {
        guard now > Self.purgedAt else { return }
        guard let cached, isStale(cached) else { return }
        // What landed before the purge was purged by it.
        outcome.longestStale = max(outcome.longestStale, now - cached.lands + 1)
        // The last fills land right at the end of the window; a moment to look at them is left.
        if now > Self.purgedAt + Self.window + 20 { outcome.isStaleAtEnd = true }
    }

    private func instant(_ now: Int64) -> ContinuousClock.Instant { start + .milliseconds(now) }
}
