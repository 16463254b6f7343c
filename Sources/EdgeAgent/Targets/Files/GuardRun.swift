import DequeModule

/// What the cache worker keeps for its guard between rounds.
struct GuardRun {
    var fills: FillGuard
    var clock: WallClockReference
    let log: AccessLogTail?
    let store: GuardStore
    /// Files that landed under a guard and are to be looked at in this round.
    var landed: [(file: FileLocation, match: GuardTable.Match)] = []
    /// Purges to be applied once more: after a restart, or because a guard could not remember everything.
    var again: Deque<QueueKey> = []
    /// Guards of `again`, where they stand.
    var numbers: [QueueKey: UInt64] = [:]
    /// When the invalidated files were looked at last.
    var lastWatch: ContinuousClock.Instant
    /// Lines of the access log that were no such lines.
    var badLines = 0
    var hasWarned = false
}
