/// How far a partition has been applied: everything of this epoch below the offset.
struct QueuePosition: Hashable, Sendable, Codable {
    var partition: Int32
    /// See ``QueueKey/epoch``.
    var epoch: UInt32
    var offset: Int64
}
