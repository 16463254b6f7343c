import PurgeModel
import TestSupport

@testable import EdgeAgent

/// One agent's fence, one collector and Kafka between them, with made-up time: cuts, stops, kills, drains, slow work,
/// lost reports.
///
/// The collector is the simplest one that follows the rules: it hears with a delay below its margin, and confirms as
/// `ConfirmationRule` says.
struct FenceSimulation {
    typealias Instant = ContinuousClock.Instant

    /// What a purge is for this.
    private struct Purge {
        var storedAt: Instant
        var isApplied = false
        var isConfirmed = false
    }

    /// An acknowledgement in Kafka.
    private struct Word {
        var storedAt: Instant
        var appliedTo: Int
        var isDrained: Bool
        var fence: FenceMode
    }

    private let mode: FenceMode
    private let after = Duration.seconds(10)
    private let margin = Duration.seconds(2)
    private let watchdog = Duration.seconds(5)
    private let step = Duration.milliseconds(50)
    /// How old the collector's reading is at most: less than the margin.
    private let delayMax = 1500
    private var random: SeededGenerator
    /// How much rarer than usual cuts, slow work, stops, kills and drains are: where all are frequent, the caches are
    /// hardly ever in use.
    private let rarity: (cut: Int, slow: Int, stop: Int, kill: Int, drain: Int)
    private let begin = ContinuousClock.now
    private var now: Instant

    private var purges: [Purge] = []
    private var words: [Word] = []
    private var heard = 0
    private var heardAt: Instant

    private var machine: FenceStateMachine
    private var isSet = false
    private var isMarked = false
    /// Offsets fetched, with when; the first `applied` are applied.
    private var fetched: [Instant] = []
    private var applied = 0
    private var cutUntil: Instant
    private var cutSince: Instant
    private var stoppedUntil: Instant
    /// Since when the process stands still; nil while it goes on, or is dead.
    private var hangsSince: Instant?
    private var slowUntil: Instant
    private var isScanning = true
    private var nextAck: Instant
    private var nextEnds: Instant

    /// What went wrong.
    private(set) var faults: [String] = []
    /// How often the caches were in use, fenced, and a purge was confirmed without the agent.
    private(set) var steps: (inUse: Int, fenced: Int, without: Int) = (0, 0, 0)

    init(mode: FenceMode, seed: UInt64) {
        self.mode = mode
        var generator = SeededGenerator(seed: seed)
        let rarities = (0..<5).map { _ in generator.pick([1, 1, 5, 50]) }
        random = generator
        rarity = (rarities[0], rarities[1], rarities[2], rarities[3], rarities[4])
        let begin = begin
        now = begin
        (heardAt, cutUntil, cutSince, stoppedUntil, slowUntil, nextAck, nextEnds) =
            (begin, begin, begin, begin, begin, begin, begin)
        machine = FenceStateMachine(
            settings: .init(mode: mode, after: after, watchdog: watchdog), mayBeCountedOut: false, isHeld: false,
            isSet: false, now: begin)
        isSet = mode != .off
    }

    /// Lets so many steps pass.
    mutating func run(steps: Int) {
        for _ in 0..<steps where faults.isEmpty {
            now += step
            disturb()
            if random.once(in: 40) { purges.append(Purge(storedAt: now)) }
            if now >= stoppedUntil { agent() }
            collect()
            check()
        }
    }

    // MARK: The agent

    private var isCut: Bool { now < cutUntil }

    private mutating func agent() {
        if !isCut { while fetched.count < purges.count { fetched.append(now) } }
        if isScanning, random.once(in: 30) { isScanning = false }
        let pace = now < slowUntil ? 400 : 3
        if !isScanning, applied < fetched.count, random.once(in: pace) {
            purges[applied].isApplied = true
            applied += 1
        }
        look()
        if now >= nextEnds, machine.needsEnds, !isCut {
            nextEnds = now + .milliseconds(500)
            // Asked before, answered now: what came in between is not in it.
            machine.take(PartitionEnds(askedAt: now, ends: [0: Int64(purges.count)]))
        }
        if now >= nextAck { acknowledge() }
    }

    private mutating func look() {
        let oldest =
            applied < fetched.count ? PartitionReading.Oldest(offset: Int64(applied), since: fetched[applied]) : nil
        let view = FenceStateMachine.View(
            isScanning: isScanning, isStopping: false,
            partitions: [0: PartitionReading(next: Int64(fetched.count), oldest: oldest)])
        for action in machine.advance(to: now, view: view, isSet: isSet) {
            switch action {
            case .set: isSet = true
            case .lift: isSet = false
            case .announce: nextAck = now
            }
        }
        isMarked = machine.mayBeCountedOut
        if mode >= .behind, !isSet, let oldest, oldest.since.duration(to: now) > after {
            faults.append("in use while behind")
        }
    }

    private mutating func acknowledge() {
        nextAck = now + .seconds(1)
        let version = machine.version
        guard !isCut else { return }
        words.append(Word(storedAt: now, appliedTo: applied, isDrained: machine.isDrained && isSet, fence: mode))
        // A report that is lost: the agent does not know that Kafka has it.
        if !random.once(in: 5) { machine.acknowledged(sentAt: now, version: version, now: now) }
    }

    // MARK: Faults

    private mutating func disturb() {
        if !isCut { cutSince = now }
        if random.once(in: 300 * rarity.cut) { cutUntil = now + .milliseconds(random.number(0...40_000)) }
        if random.once(in: 400 * rarity.slow) { slowUntil = now + .milliseconds(random.number(0...20_000)) }
        if now >= stoppedUntil { hangsSince = nil }
        // More often towards the end of a lease.
        let isLate = isCut && !isSet && cutSince.duration(to: now) > .seconds(4)
        if now >= stoppedUntil, random.once(in: isLate ? 60 : 400 * rarity.stop) {
            stoppedUntil = now + .milliseconds(random.number(0...30_000))
            hangsSince = now
        }
        // What the watchdog does about a process that stands still.
        if let hangsSince, hangsSince + watchdog <= now { restart() }
        if random.once(in: 900 * rarity.kill) { restart() }
        if now >= stoppedUntil, random.once(in: 500 * rarity.drain) {
            if machine.isDrained {
                machine.resume(now: now)
            } else {
                isMarked = true
                isSet = true
                machine.drain(now: now)
            }
        }
    }

    /// The process dies, however it was; systemd sets the fence where the mode asks for it, and starts it anew.
    private mutating func restart() {
        if mode >= .behind || isMarked { isSet = true }
        stoppedUntil = now + .milliseconds(random.number(0...20_000))
        hangsSince = nil
        isScanning = true
        machine = FenceStateMachine(
            settings: .init(mode: mode, after: after, watchdog: watchdog), mayBeCountedOut: isMarked, isHeld: false,
            isSet: isSet, now: now)
        if machine.isFenced { isSet = true }
    }

    // MARK: The collector

    private mutating func collect() {
        while heard < words.count {
            let age = words[heard].storedAt.duration(to: now)
            guard age >= .milliseconds(delayMax) || random.once(in: 10) else { break }
            heard += 1
            heardAt = now
        }
        guard heard > 0 else { return }
        let word = words[heard - 1]
        for offset in purges.indices where !purges[offset].isConfirmed {
            let age = purges[offset].storedAt.duration(to: now)
            let view = AgentView(
                agent: "a", silence: min(heardAt.duration(to: now), age), fence: word.fence, fenceAfter: after,
                progress: PartitionProgress(
                    partition: 0, queued: Int64(word.appliedTo), applied: Int64(word.appliedTo), highWatermark: 0))
            let standing = ConfirmationRule.standing(of: view, partition: 0, offset: Int64(offset), margin: margin)
            guard standing.isDone || word.isDrained else { continue }
            if standing != .applied { steps.without += 1 }
            purges[offset].isConfirmed = true
        }
    }

    /// The promise: whatever is confirmed is applied, or nothing is served from the cache.
    private mutating func check() {
        if isSet { steps.fenced += 1 } else { steps.inUse += 1 }
        guard !isSet, let stale = purges.indices.first(where: { purges[$0].isConfirmed && !purges[$0].isApplied })
        else {
            return
        }
        faults.append(
            "purge \(stale) is confirmed, not applied, and the caches are in use after \(begin.duration(to: now))")
    }
}
