import PurgeModel

/// The purges that targets have begun, and which of the targets are not done with each.
struct PurgeLedger {
    private struct Entry {
        let purge: Purge
        var remaining: Set<Int>
        /// Those among them that nothing can be done with for now.
        var later: Set<Int> = []
        var progress: [Int: PurgeProgress]
        /// See ``PurgeStep/near``.
        var near: Neighbour?
    }

    /// What is known of a purge without its event.
    struct Purge: Sendable {
        let key: QueueKey
        let zone: String
        let started: ContinuousClock.Instant
        /// The event's selectors and mode, as they are counted.
        let kind: PurgeKind
        /// Which of its passes this is.
        var pass = PurgePass.only
        /// Bytes of its message.
        var bytes = 0
    }

    private var entries: [QueueKey: Entry] = [:]
    /// Purges of each zone that some target works on.
    private(set) var active = FairShares(max: PurgeJob.activeMax)
    /// Bytes of their messages.
    private(set) var activeBytes = FairShares(max: PurgeJob.activeBytesMax)

    /// Purges that some target works on.
    var activeCount: Int { active.total }

    /// Takes in a purge that all of so many targets have to do.
    ///
    /// - Parameter progress: what an earlier run had removed.
    mutating func add(_ purge: Purge, targets: Int, progress: PurgeProgress) {
        _ = remove(purge.key)
        entries[purge.key] = Entry(purge: purge, remaining: Set(0..<targets), progress: [0: progress])
        take(purge)
    }

    /// Takes note of a step of one target; returns what all have removed so far, nil for a purge that nobody knows.
    mutating func note(_ step: PurgeStep, of target: Int) -> PurgeProgress? {
        guard var entry = entries[step.key] else { return nil }
        let wasWaiting = isWaiting(entry)
        entry.progress[target] = step.progress
        entry.near = entry.near ?? step.near
        switch step.state {
        case .done:
            entry.remaining.remove(target)
            entry.later.remove(target)
        case .more: entry.later.remove(target)
        case .later: entry.later.insert(target)
        }
        if wasWaiting, !isWaiting(entry) { take(entry.purge) }
        if !wasWaiting, isWaiting(entry) { giveBack(entry.purge) }
        entries[step.key] = entry
        return progress(step.key)
    }

    /// What all targets have removed so far.
    func progress(_ key: QueueKey) -> PurgeProgress {
        (entries[key]?.progress.values).map { all in
            all.reduce(PurgeProgress()) { PurgeProgress(removed: $0.removed + $1.removed, bytes: $0.bytes + $1.bytes) }
        } ?? PurgeProgress()
    }

    /// Something stored next to what a purge names; nil where it removed something.
    func near(_ key: QueueKey) -> Neighbour? { progress(key).removed == 0 ? entries[key]?.near : nil }

    /// Whether every target is done with a purge.
    func isDone(_ key: QueueKey) -> Bool { entries[key]?.remaining.isEmpty == true }

    /// Whether a purge is done for good: it need not be applied again when the tier above has applied it.
    func isOver(_ key: QueueKey) -> Bool { isDone(key) && entries[key]?.purge.pass != .first }

    /// Forgets a purge.
    mutating func remove(_ key: QueueKey) -> Purge? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        if !isWaiting(entry) { giveBack(entry.purge) }
        return entry.purge
    }

    private mutating func take(_ purge: Purge) {
        active.take(1, for: purge.zone)
        activeBytes.take(purge.bytes, for: purge.zone)
    }

    private mutating func giveBack(_ purge: Purge) {
        active.giveBack(1, of: purge.zone)
        activeBytes.giveBack(purge.bytes, of: purge.zone)
    }

    private func isWaiting(_ entry: Entry) -> Bool { !entry.remaining.isEmpty && entry.later == entry.remaining }
}
