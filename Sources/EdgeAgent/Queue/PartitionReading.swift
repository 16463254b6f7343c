/// How far the agent has got in one partition.
struct PartitionReading: Sendable, Hashable {
    /// The next offset to fetch.
    var next: Int64
    /// The oldest purge that is not applied: its offset, and when it was queued.
    var oldest: Oldest?
    /// What is known to be in Kafka and was not read; nil when nothing is.
    var unread: Unread?
    /// Whether the partition is known to be the one that was read before: else nothing counts as read.
    var isCertain = true

    struct Oldest: Sendable, Hashable {
        var offset: Int64
        var since: ContinuousClock.Instant
    }

    struct Unread: Sendable, Hashable {
        /// The offset after the last message that was there then.
        var end: Int64
        /// Since when it is known that something is there.
        var since: ContinuousClock.Instant
    }

    /// Whether everything below `end` was read.
    func hasRead(to end: Int64) -> Bool { isCertain && next >= end }

    /// Whether every purge below `end` was read and applied, and none is known that could not be read.
    func hasApplied(to end: Int64) -> Bool {
        hasRead(to: end) && unread == nil && (oldest.map { $0.offset >= end } ?? true)
    }
}
