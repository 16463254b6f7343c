/// How far the agent has got in one partition.
struct PartitionReading: Sendable, Hashable {
    /// The next offset to fetch.
    var next: Int64
    /// The oldest purge that is not applied: its offset, and when it was queued.
    var oldest: Oldest?

    struct Oldest: Sendable, Hashable {
        var offset: Int64
        var since: ContinuousClock.Instant
    }

    /// Whether everything below `end` was read.
    func hasRead(to end: Int64) -> Bool { next >= end }

    /// Whether every purge below `end` was read and applied.
    func hasApplied(to end: Int64) -> Bool { next >= end && (oldest.map { $0.offset >= end } ?? true) }
}
