/// Where all partitions ended at one moment, as the brokers answered.
struct PartitionEnds: Sendable, Hashable {
    /// When the question was sent: what was in Kafka by then is below the ends.
    var askedAt: ContinuousClock.Instant
    /// The offset after the last message of each partition.
    var ends: [Int32: Int64]

    /// Whether some partition ended further on in the other: then the topic has been made anew.
    func isAbove(_ other: PartitionEnds) -> Bool {
        ends.contains { partition, end in other.ends[partition].map { $0 < end } ?? true }
    }
}

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
