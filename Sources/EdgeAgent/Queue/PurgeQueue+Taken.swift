import PurgeModel

extension PurgeQueue {
    /// A purge that was taken to be applied.
    struct Taken: Sendable {
        var key: QueueKey
        /// The purge, where it is still in memory.
        var event: PurgeEvent?
        /// Bytes of its message; 0 for one that was given back without them.
        var bytes = 0
        /// Whose purge it is; nil where an earlier run queued it, and nobody has read it yet.
        var zone: String?
        /// When it was queued; nil where an earlier run did that.
        var queued: ContinuousClock.Instant?
        /// Which of its passes is next.
        var pass = PurgePass.only

        /// The same, where the purge is in memory.
        var bytesInMemory: Int { event == nil ? 0 : bytes }
    }
}
