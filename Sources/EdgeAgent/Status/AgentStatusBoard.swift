import PrometheusText
import PurgeModel
import Synchronization

/// What the parts of an agent tell of themselves, for acknowledgements and the admin API.
final class AgentStatusBoard: Sendable {
    private struct State {
        var counts = AcknowledgementCounts()
        /// The last purges, oldest first; the newest is number `counts.purges`.
        var recent: [RecentPurge] = []
        /// Number of the newest purge that an acknowledgement has told.
        var told: Int64 = 0
        var skipped: [String: Int] = [:]
        /// The scopes of the last purges, each once, the newest last.
        var scopes: [Scope] = []
        var guardStatus = GuardStatus()
        var tagLoss = TagLossStatus()
        var space = SpaceStatus()
        /// What stops a part of the purging, the oldest first.
        var workerProblems: [(source: ProblemSource, text: String)] = []
        var intakeProblem: String?
        var fenceProblem: String?
        /// Why nobody hears this agent.
        var reportProblem: String?
        /// A topic that is not as purges need it.
        var topicProblem: String?
        /// Not something that stops purges: dead letters cannot be sent.
        var letterProblem: String?
        /// Not something that stops: what is stored has tags that cannot be read.
        var tagProblem: String?
        /// How far the clock of this machine is from others; nil: nobody knows.
        var clock: ClockDifference?
        /// Not something that stops: the clock is so far off that purges may take too much or too little.
        var clockProblem: String?
        /// What the last look at the files of each cache has found.
        var censuses: [CensusStatus] = []
        /// Why purges do not wait for the tier above, or wait in vain.
        var tierProblem: String?
        /// Not something that stops either: the bytes of deleted files cannot be given back.
        var spaceProblem: String?
        /// From the start: before the worker has begun, nothing is known of the caches.
        var isScanning = true
        var isStopping = false
        /// How often the totals of the index have changed.
        var indexChanges: UInt64 = 0

        /// The oldest problem of the purging, and how many there are besides.
        var workerProblem: String? {
            guard let first = workerProblems.first else { return nil }
            let more = workerProblems.count - 1
            return more == 0 ? first.text : "\(first.text); and \(more) more"
        }
    }

    /// What is counted for metrics only.
    let counters = AgentCounters()
    /// How often this process had to make the database anew.
    let rebuilds: Int
    /// Which threads make their rounds.
    let heartbeats = Heartbeats(now: .now)

    private let state: Mutex<State>
    /// Called, from any thread, after something that an acknowledgement tells has changed.
    private let onChange: @Sendable () -> Void

    /// Purges told in each acknowledgement, new or not: what a collector still learns that finds only the newest one of
    /// an agent, because the others were compacted away (docs/decisions/0021-sixteen-recent-purges.md).
    private static let recentMin = 16
    /// Purges that wait to be told at most, when acknowledging failed for a while; of older ones nobody learns what
    /// they removed.
    private static let recentMax = 4096
    /// Scopes remembered: of so many zones.
    private static let scopesMax = 64

    init(indexed: IndexTotals = IndexTotals(), rebuilds: Int = 0, onChange: @escaping @Sendable () -> Void) {
        var state = State()
        state.counts.objectsIndexed = Int64(indexed.objects)
        state.counts.bytesIndexed = indexed.bytes
        state.counts.unmatched = Int64(indexed.unmatched)
        self.state = Mutex(state)
        self.rebuilds = rebuilds
        self.onChange = onChange
    }

    // MARK: Telling

    var counts: AcknowledgementCounts { state.withLock { $0.counts } }

    /// How much is in the index.
    var indexed: IndexTotals {
        state.withLock { state in
            IndexTotals(
                objects: Int(state.counts.objectsIndexed), bytes: state.counts.bytesIndexed,
                unmatched: Int(state.counts.unmatched))
        }
    }

    /// Counts, and the last purges: all that no acknowledgement has told yet, and some before them.
    var summary: (counts: AcknowledgementCounts, recent: [RecentPurge]) {
        let summary = summary(purgesMax: .max)
        return (summary.counts, Array(summary.recent))
    }

    /// Counts, and purges for an acknowledgement, at most so many: those that none has told yet, the oldest first, and
    /// where there is room some before them.
    /// - Returns: also the number of the newest purge that is told by this: what to say to ``told(purges:)``.
    func summary(purgesMax: Int) -> (counts: AcknowledgementCounts, recent: ArraySlice<RecentPurge>, toldTo: Int64) {
        state.withLock { state in
            let untold = min(state.recent.count, Int(clamping: state.counts.purges - state.told))
            if untold > purgesMax {
                let recent = state.recent.suffix(untold).prefix(max(0, purgesMax))
                return (state.counts, recent, state.counts.purges - Int64(untold - recent.count))
            }
            let count = min(purgesMax, max(Self.recentMin, untold))
            return (state.counts, state.recent.suffix(count), state.counts.purges)
        }
    }

    /// How often the totals of the index have changed.
    var indexChanges: UInt64 { state.withLock { $0.indexChanges } }

    var skippedFiles: [String: Int] { state.withLock { $0.skipped } }
    var isScanning: Bool { state.withLock { $0.isScanning } }
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// What stops the agent at the moment, or else what is wrong with the tier above or the clock, what dead letters
    /// wait for, what purges by tag may miss, or what deleted files keep their bytes for; for people.
    var problem: String? {
        state.withLock { state in
            state.workerProblem ?? state.intakeProblem ?? state.fenceProblem ?? state.reportProblem
                ?? state.topicProblem ?? state.tierProblem ?? state.clockProblem ?? state.letterProblem
                ?? state.tagProblem ?? state.spaceProblem
        }
    }

    /// What stops the agent, by the part that it stops.
    var problems: (worker: String?, intake: String?, fence: String?) {
        state.withLock { ($0.workerProblem, $0.intakeProblem, $0.fenceProblem) }
    }

    /// The scopes of the last purges: what is known here of zones.
    var scopes: [Scope] { state.withLock { $0.scopes } }

    // MARK: Being told

    /// Takes note of the scope of a purge.
    func saw(_ scope: Scope) {
        guard !scope.isEmpty else { return }
        state.withLock { state in
            if state.scopes.last == scope { return }
            state.scopes.removeAll { $0 == scope }
            state.scopes.append(scope)
            if state.scopes.count > Self.scopesMax { state.scopes.removeFirst() }
        }
    }

    func applied(_ purges: [RecentPurge]) {
        change { state in
            state.counts.purges += Int64(purges.count)
            for purge in purges {
                state.counts.objectsRemoved += Int64(purge.removed)
                state.counts.bytesRemoved += purge.bytes
            }
            state.recent += purges
            // In one go every so often: this runs once a round of the worker.
            if state.recent.count > 2 * Self.recentMax { state.recent.removeFirst(state.recent.count - Self.recentMax) }
        }
    }

    /// Takes note of an acknowledgement that is in Kafka, by the number of purges that it told.
    func told(purges: Int64) { state.withLock { $0.told = max($0.told, purges) } }

    /// Takes note of messages of which a letter is in the dead-letter topic, whoever sent it.
    func deadLettered(_ count: Int) { if count > 0 { change { $0.counts.deadLetters += Int64(count) } } }

    func flushed() { change { $0.counts.flushes += 1 } }

    /// Forgets what was done of the purges of a partition: from now on its offsets are those of others.
    func forgetRecent(of partition: Int32) { change { $0.recent.removeAll { $0.partition == partition } } }
    func repaired(_ count: Int) { if count > 0 { change { $0.counts.repaired += Int64(count) } } }

    /// Takes note of objects that were purged because they may have missed purges before they were found.
    func foundLate(objects: Int, bytes: Int64) {
        counters.foundLate.increment(by: objects)
        change { state in
            state.counts.objectsRemoved += Int64(objects)
            state.counts.bytesRemoved += bytes
        }
    }

    /// Takes note of a cache of which everything was purged.
    func flushed(objects: Int, bytes: Int64) {
        change { state in
            state.counts.flushes += 1
            state.counts.objectsRemoved += Int64(objects)
            state.counts.bytesRemoved += bytes
        }
    }

    func scanBegan() { change { $0.isScanning = true } }
    func scanEnded() { change { $0.isScanning = false } }
    func stop() { change { $0.isStopping = true } }

    /// Counts an object that was left alone, by the name of the reason.
    func skipped(_ reason: String) { state.withLock { $0.skipped[reason, default: 0] += 1 } }

    /// Takes note of a failure, each time it happens, or that it is over.
    func set(problem: String?, of source: ProblemSource) {
        change { state in
            let place = state.workerProblems.firstIndex { $0.source == source }
            if let problem {
                state.counts.errors += 1
                if let place {
                    state.workerProblems[place].text = problem
                } else {
                    state.workerProblems.append((source, problem))
                }
            } else if let place {
                state.workerProblems.remove(at: place)
            }
        }
    }

    func hasProblem(_ source: ProblemSource) -> Bool {
        state.withLock { $0.workerProblems.contains { $0.source == source } }
    }

    func set(fenceProblem: String?) {
        change { $0.fenceProblem = fenceProblem }
    }

    /// Takes note of why nobody hears this agent, or that it is over.
    func set(reportProblem: String?) {
        guard state.withLock({ $0.reportProblem != reportProblem }) else { return }
        change { $0.reportProblem = reportProblem }
    }

    /// Takes note of a topic that is not as purges need it, or that all are.
    func set(topicProblem: String?) {
        guard state.withLock({ $0.topicProblem != topicProblem }) else { return }
        change { $0.topicProblem = topicProblem }
    }

    /// Whether dead letters cannot be sent.
    var hasLetterProblem: Bool { state.withLock { $0.letterProblem != nil } }

    func set(letterProblem: String?) {
        guard state.withLock({ $0.letterProblem != letterProblem }) else { return }
        change { $0.letterProblem = letterProblem }
    }

    func set(tierProblem: String?) {
        guard state.withLock({ $0.tierProblem != tierProblem }) else { return }
        change { $0.tierProblem = tierProblem }
    }

    func set(tagProblem: String?) {
        change { $0.tagProblem = tagProblem }
    }

    func set(intakeProblem: String?) {
        guard state.withLock({ $0.intakeProblem != intakeProblem }) else { return }
        change { $0.intakeProblem = intakeProblem }
    }

    func indexChanged(by change: IndexTotals) {
        guard change != IndexTotals() else { return }
        state.withLock { state in
            state.counts.objectsIndexed += Int64(change.objects)
            state.counts.bytesIndexed += change.bytes
            state.counts.unmatched += Int64(change.unmatched)
            state.indexChanges += 1
        }
    }

    // MARK: Tags

    /// Stored responses whose tags could not all be taken.
    var tagLoss: TagLossStatus { state.withLock { $0.tagLoss } }

    /// Changes what is told of these.
    func tellTagLoss(_ body: (inout TagLossStatus) -> Void) {
        state.withLock { body(&$0.tagLoss) }
    }

    // MARK: What is looked at every so often

    /// How far the clock of this machine is from others; nil: nobody knows.
    var clock: ClockDifference? { state.withLock { $0.clock } }

    /// Takes note of the clock.
    ///
    /// - Parameter limit: how far it may be off before it is a problem.
    func tell(_ clock: ClockDifference?, limit: Duration) {
        let problem = clock.flatMap { clock in
            clock.isBeyond(limit)
                ? "the clock of this machine is \(clock.text) the times in Kafka's messages, by more than "
                    + "guard.clock_skew_max (\(DurationText.text(limit))): purges that are read late may leave old "
                    + "objects alone, or take new ones; set it right (timedatectl set-ntp true)"
                : nil
        }
        let isNews = state.withLock { state in
            state.clock = clock
            // Its size changes all the time.
            guard (problem == nil) != (state.clockProblem == nil) else { return false }
            state.clockProblem = problem
            return true
        }
        if isNews { onChange() }
    }

    /// What the last look at the files of each cache has found.
    var censuses: [CensusStatus] { state.withLock { $0.censuses } }

    func tell(_ censuses: [CensusStatus]) { state.withLock { $0.censuses = censuses } }

    // MARK: Space

    /// The bytes of deleted files.
    var space: SpaceStatus { state.withLock { $0.space } }

    /// Changes what is told of these.
    func tellSpace(_ body: (inout SpaceStatus) -> Void) {
        state.withLock { state in
            body(&state.space)
            state.counts.reclaimedBytes = state.space.bytes
            state.counts.reclaimWaitingBytes = state.space.waitingBytes
        }
    }

    /// Takes note of why deleted files keep their bytes, or that it is over.
    func set(spaceProblem: String?) {
        change { $0.spaceProblem = spaceProblem }
    }

    // MARK: The guard

    /// What the guard for fills in flight tells of itself.
    var guardStatus: GuardStatus { state.withLock { $0.guardStatus } }

    /// Counts an object that the guard has purged again.
    ///
    /// - Parameter visible: how long it could be served: from its landing, or from being renewed by a 304.
    func guardRemoved(isStale: Bool, bytes: Int64, visible: Duration) {
        counters.lateFillVisible.observe(visible, [isStale ? "old" : "unproven"])
        change { state in
            state.counts.guardRemoved += 1
            state.counts.objectsRemoved += 1
            state.counts.bytesRemoved += bytes
            if isStale { state.guardStatus.removedStale += 1 } else { state.guardStatus.removedUnproven += 1 }
        }
    }

    /// Counts what purges removed that were applied once more for the sake of their guards.
    func guardRepeated(removed: Int, bytes: Int64) {
        guard removed > 0 else { return }
        change { state in
            state.counts.guardRemoved += Int64(removed)
            state.counts.objectsRemoved += Int64(removed)
            state.counts.bytesRemoved += bytes
            state.guardStatus.removedUnproven += removed
        }
    }

    /// Changes what the guard tells of itself.
    func tellGuard(_ body: (inout GuardStatus) -> Void) {
        state.withLock { body(&$0.guardStatus) }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        onChange()
    }
}
