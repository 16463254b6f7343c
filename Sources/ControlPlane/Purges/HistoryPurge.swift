import PurgeModel

/// One purge of the history.
struct HistoryPurge: Sendable {
    let event: PurgeEvent
    let position: PurgePosition
    /// Bytes of the event.
    let bytes: Int
    /// Nil when it was open.
    let confirmation: PurgeRecord.Confirmation?
    let removedObjects: Int
    let removedBytes: Int64
    /// Pieces of results that are stored.
    let pieces: Int
    /// What agents told, in that order; nil when it was not read.
    let results: [(agent: String, result: AgentResult)]?

    /// The same purge with what agents told.
    func with(results: [(agent: String, result: AgentResult)]?) -> HistoryPurge {
        HistoryPurge(
            event: event, position: position, bytes: bytes, confirmation: confirmation, removedObjects: removedObjects,
            removedBytes: removedBytes, pieces: pieces, results: results)
    }
}
