import PurgeModel

/// One purge of the history.
struct HistoryPurge: Sendable {
    let event: PurgeEvent
    let position: PurgePosition
    /// Bytes of the event.
    let bytes: Int
    /// What it had reached.
    let reached: ByMilestone<Reached?>
    let removedObjects: Int
    let removedBytes: Int64
    /// Pieces of results that are stored.
    let pieces: Int
    /// Which topic of its partition it was in, by their number.
    let topic: Int64
    /// What agents told, in that order; nil when it was not read.
    let results: [(agent: String, result: AgentResult)]?

    init(
        event: PurgeEvent, position: PurgePosition, bytes: Int, reached: ByMilestone<Reached?>,
        removedObjects: Int, removedBytes: Int64, pieces: Int, topic: Int64 = 0,
        results: [(agent: String, result: AgentResult)]?
    ) {
        self.event = event
        self.position = position
        self.bytes = bytes
        self.reached = reached
        self.removedObjects = removedObjects
        self.removedBytes = removedBytes
        self.pieces = pieces
        self.topic = topic
        self.results = results
    }

    /// The same purge with what agents told.
    func with(results: [(agent: String, result: AgentResult)]?) -> HistoryPurge {
        HistoryPurge(
            event: event, position: position, bytes: bytes, reached: reached, removedObjects: removedObjects,
            removedBytes: removedBytes, pieces: pieces, topic: topic, results: results)
    }
}
