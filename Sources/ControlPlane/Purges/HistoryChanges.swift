internal import PurgeModel

/// What the collector has learned since the history was written last.
struct HistoryChanges: Sendable {
    /// One purge as it is now.
    struct Purge: Sendable {
        var event: PurgeEvent
        /// Whether the history does not have the event.
        var isNew: Bool
        var position: PurgePosition
        /// Bytes of the event.
        var bytes: Int
        /// Nil while it is open.
        var confirmation: PurgeRecord.Confirmation?
        var removedObjects: Int
        var removedBytes: Int64
        /// The number of this piece of results.
        var piece: Int
        /// What agents told since the last piece.
        var results: [(agent: String, result: AgentResult)]
    }

    var purges: [Purge] = []
    /// Times to confirmed, by minutes since 1970.
    var minutes: [Int64: TimeHistogram] = [:]
    /// How far each partition of `purge.events` was read.
    var readTo: [Int32: Int64] = [:]
}

/// One purge of the history.
struct HistoryPurge: Sendable {
    var event: PurgeEvent
    var position: PurgePosition
    /// Bytes of the event.
    var bytes: Int
    /// Nil when it was open.
    var confirmation: PurgeRecord.Confirmation?
    var removedObjects: Int
    var removedBytes: Int64
    /// Pieces of results that are stored.
    var pieces: Int
    /// What agents told, in that order; nil when it was not read.
    var results: [(agent: String, result: AgentResult)]?
}

/// What a control plane begins with.
struct RestoredHistory: Sendable {
    /// The oldest first.
    var purges: [HistoryPurge] = []
    var minutes: [Int64: TimeHistogram] = [:]
    var readTo: [Int32: Int64] = [:]
}
