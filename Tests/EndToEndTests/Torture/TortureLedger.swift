import Synchronization

/// What everybody in a torture knows: which versions are out of date for good, what was read, and what was wrong.
final class TortureLedger: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A version of a page in a cache.
    struct Copy: Hashable, Sendable {
        var cache: String
        var path: String
        var version: Int
    }

    /// A read that gave a version which was confirmed to be gone when it began.
    struct StaleRead: Sendable {
        var copy: Copy
        var floor: Int
        var status: String
        var begin: Instant
        var end: Instant
    }

    /// A time in which an agent can do nothing.
    struct Absence: Sendable {
        var begin: Instant
        /// When it went on, or when the fence that followed was seen; nil: never.
        var end: Instant?
        /// Whether nothing may be served from the cache after it before the agent has caught up.
        var isFenced = false
    }

    struct State {
        var floors: [String: Int] = [:]
        /// When a version came from the origin into a cache.
        var fills: [Copy: [Instant]] = [:]
        var stale: [StaleRead] = []
        var overPurged: [String] = []
        var reads = 0
        var failedReads = 0
        var bypassed = 0
        var purges: [String: Int] = [:]
        var confirmations: [Duration] = []
        var unconfirmed: [String] = []
        var faults: [String: Int] = [:]
        /// When an agent was killed or stopped, by the name of its cache, one after the other.
        var absences: [String: [Absence]] = [:]
        /// When nginx was slow to write, by the name of its cache; the last may not be over.
        var slow: [String: [Range<Instant>]] = [:]
        /// When the last read of a bystander that was a hit ended.
        var hits: [String: Instant] = [:]
    }

    private let state = Mutex(State())

    /// Everything, for the report.
    var snapshot: State { state.withLock { $0 } }

    /// The version a page must have from now on.
    func floor(_ page: TorturePage) -> Int { state.withLock { $0.floors[page.path] ?? 0 } }

    /// Notes one read.
    func read(_ page: TorturePage, _ cache: String, version: Int, status: String, floor: Int, begin: Instant) {
        let copy = Copy(cache: cache, path: page.path, version: version)
        let now = Instant.now
        state.withLock { state in
            state.reads += 1
            if status == "BYPASS" { state.bypassed += 1 }
            if status != "HIT" { state.fills[copy, default: []].append(now) }
            if version < floor {
                state.stale.append(StaleRead(copy: copy, floor: floor, status: status, begin: begin, end: now))
            }
        }
    }

    /// Notes one read of a page that nobody purges.
    func readBystander(_ page: TorturePage, _ cache: String, encoding: String?, status: String, begin: Instant) {
        let place = "\(cache) \(page.host)\(page.target) \(encoding ?? "")"
        state.withLock { state in
            state.reads += 1
            if status == "HIT" {
                state.hits[place] = .now
            } else if status != "BYPASS", let hit = state.hits.removeValue(forKey: place), hit < begin {
                state.overPurged.append("\(place) was \(status)")
            }
        }
    }

    /// Notes a read that got no whole answer: nginx was reloaded, or slices of two versions met.
    func readFailed() { state.withLock { $0.failedReads += 1 } }

    /// Notes that a purge is confirmed: from now on nobody may see less.
    func confirmed(_ versions: [String: Int], kind: String, after time: Duration) {
        state.withLock { state in
            state.floors.merge(versions) { max($0, $1) }
            state.purges[kind, default: 0] += 1
            state.confirmations.append(time)
        }
    }

    /// Notes a purge that was not confirmed though all was well.
    func unconfirmed(_ what: String) { state.withLock { $0.unconfirmed.append(what) } }

    /// Notes a fault.
    func fault(_ fault: TorturePlan.Fault) { state.withLock { $0.faults[fault.rawValue, default: 0] += 1 } }

    /// Notes that a cache's agent is killed or stopped now.
    func isDown(_ cache: String) {
        state.withLock { $0.absences[cache, default: []].append(Absence(begin: .now)) }
    }

    /// Notes that it goes on, or that its cache is fenced.
    func isDownNoMore(_ cache: String, isFenced: Bool) {
        state.withLock { state in
            guard let last = state.absences[cache]?.indices.last else { return }
            state.absences[cache]?[last].end = .now
            state.absences[cache]?[last].isFenced = isFenced
        }
    }

    /// Notes that a cache's nginx is slow to write from now on.
    func isSlow(_ cache: String) {
        state.withLock { $0.slow[cache, default: []].append(.now..<(.now + .seconds(3600))) }
    }

    /// Notes that it is no more.
    func isSlowNoMore(_ cache: String) {
        state.withLock { state in
            guard let last = state.slow[cache]?.popLast() else { return }
            state.slow[cache]?.append(last.lowerBound..<max(last.lowerBound, .now))
        }
    }

    /// Whether it was killed or stopped at any moment since then.
    func wasDown(_ cache: String, since begin: Instant) -> Bool {
        state.withLock { state in
            state.absences[cache]?.last.map { $0.end.map { $0 >= begin } ?? true } ?? false
        }
    }
}
