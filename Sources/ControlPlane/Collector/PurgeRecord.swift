internal import PurgeModel

/// What the collector keeps of one purge.
struct PurgeRecord: Sendable {
    /// When the last agent was seen to be done.
    struct Confirmation: Sendable {
        /// Wall clock; nil when it happened before this process started and the agents no longer tell when.
        var at: Timestamp?
        /// From acceptance; nil as above.
        var took: Duration?
    }

    var event: PurgeEvent
    var position: PurgePosition
    /// Bytes of the event, for the memory limit.
    var bytes: Int
    /// When this process first knew of it.
    var seenAt: Duration
    /// When this process accepted it, if it did; the wall clocks of others are not needed then.
    var acceptedAt: Duration?
    /// Members that have not applied it.
    ///
    /// Kept exact while it is open, unused afterwards.
    var outstanding = 0
    /// The index of a member that stood in its way when it was last looked at.
    var blocker: Int?
    /// Set once and for all.
    var confirmation: Confirmation?
    /// Sum over the agents that told.
    var removedObjects = 0
    /// Sum over the agents that told.
    var removedBytes: Int64 = 0
    /// What single agents told, by their index; emptied when memory runs short.
    var results: [Int: AgentResult] = [:]
    /// Whether ``results`` was emptied.
    ///
    /// The sums stand, and nothing is added any more: it may have been added before.
    var hasDroppedResults = false

    var isOpen: Bool { confirmation == nil }
}
