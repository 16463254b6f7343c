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
