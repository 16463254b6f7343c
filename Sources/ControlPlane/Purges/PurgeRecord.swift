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
    /// Expected agents that have not applied it.
    ///
    /// Kept exact while it is open and the members are known, unused otherwise.
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

    /// Counts changes of what is told about it; for those who watch it.
    var changes = 0
    /// Whether the history has the event.
    var isStored = false
    /// Whether it is in ``CollectorState/unsaved``.
    var isUnsaved = false
    /// Agents in ``results`` that the history does not have.
    var unsavedResults: [Int] = []
    /// Pieces of results that the history has.
    var storedPieces = 0

    var isOpen: Bool { confirmation == nil }
}
