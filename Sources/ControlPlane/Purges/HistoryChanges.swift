import PurgeModel

/// What the collector has learned since the history was written last.
struct HistoryChanges: Sendable {
    /// One purge as it is now.
    struct Purge: Sendable {
        let event: PurgeEvent
        /// Whether the history does not have the event.
        let isNew: Bool
        let position: PurgePosition
        /// Which topic of its partition it was in, by their number.
        let topic: Int64
        /// Bytes of the event.
        let bytes: Int
        /// What it has reached.
        let reached: ByMilestone<Reached?>
        let removedObjects: Int
        let removedBytes: Int64
        /// The number of this piece of results.
        let piece: Int
        /// What agents told since the last piece.
        let results: [(agent: String, result: AgentResult)]

        /// A purge, and what the history does not have of it.
        init(_ record: PurgeRecord, isNew: Bool, piece: Int, results: [(agent: String, result: AgentResult)]) {
            event = record.event
            self.isNew = isNew
            position = record.position
            topic = record.topic
            bytes = record.bytes
            reached = record.reached
            removedObjects = record.removedObjects
            removedBytes = record.removedBytes
            self.piece = piece
            self.results = results
        }
    }

    /// Purges that changed.
    let purges: [Purge]
    /// Times to confirmed, by minutes since 1970.
    let minutes: [Int64: TimeHistogram]
    /// How far each partition of `purge.events` was read.
    let readTo: [Int32: Int64]
    /// What was read there: the first message that is remembered, and the last.
    let marks: [Int32: [MessageMark]]
    /// How often each partition of `purge.events` was seen to be another topic's.
    let topics: [Int32: Int64]
    /// Whose the names of agents are of which that has changed, or what began to speak; nil: nobody's any more.
    let claims: [String: NameClaim?]

    init(
        purges: [Purge], minutes: [Int64: TimeHistogram], readTo: [Int32: Int64], marks: [Int32: [MessageMark]],
        topics: [Int32: Int64] = [:], claims: [String: NameClaim?]
    ) {
        self.purges = purges
        self.minutes = minutes
        self.readTo = readTo
        self.marks = marks
        self.topics = topics
        self.claims = claims
    }
}
