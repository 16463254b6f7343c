import PurgeModel

/// What the collector keeps of one purge.
struct PurgeRecord: Sendable {
    /// When the last agent was seen to be done.
    struct Confirmation: Sendable {
        /// Wall clock; nil when it happened before this process started and the agents no longer tell when.
        let at: Timestamp?
        /// From acceptance; nil as above.
        let took: Duration?

        init(at: Timestamp? = nil, took: Duration? = nil) {
            self.at = at
            self.took = took
        }
    }

    let event: PurgeEvent
    let position: PurgePosition
    /// Which topic of its partition it is in, by their number: with another number, the position says nothing about it.
    private(set) var topic: Int64
    /// Bytes of the event, for the memory limit.
    let bytes: Int
    /// When this process first knew of it.
    let seenAt: Duration
    /// When this process accepted it, if it did; the wall clocks of others are not needed then.
    private(set) var acceptedAt: Duration?
    /// Expected agents that have not applied it.
    ///
    /// Kept exact while it is open and the members are known, unused otherwise.
    private(set) var outstanding = 0
    /// The index of a member that stood in its way when it was last looked at.
    private(set) var blocker: Int?
    /// Set once and for all.
    private(set) var confirmation: Confirmation?
    /// Sum over the agents that told.
    private(set) var removedObjects = 0
    /// Sum over the agents that told.
    private(set) var removedBytes: Int64 = 0
    /// What single agents told, by their index; emptied when memory runs short.
    private(set) var results: [Int: AgentResult] = [:]
    /// Whether ``results`` was emptied.
    ///
    /// The sums stand, and nothing is added any more: it may have been added before.
    private(set) var hasDroppedResults = false
    /// Counts changes of what is told about it; for those who watch it.
    private(set) var changes = 0

    /// Whether it is not confirmed.
    var isOpen: Bool { confirmation == nil }

    /// A purge that is new here.
    /// - Parameter outstanding: expected agents that have not applied it; 0 while the members are not known.
    init(
        event: PurgeEvent, position: PurgePosition, topic: Int64 = 0, bytes: Int, seenAt: Duration,
        outstanding: Int = 0
    ) {
        self.event = event
        self.position = position
        self.topic = topic
        self.bytes = bytes
        self.seenAt = seenAt
        self.outstanding = outstanding
    }

    /// A purge that the history has.
    /// - Parameters:
    ///   - index: the index of an agent; nil for a name that nobody knows.
    init(_ stored: HistoryPurge, seenAt: Duration, index: (_ agent: String) -> Int?) {
        self.init(
            event: stored.event, position: stored.position, topic: stored.topic, bytes: stored.bytes, seenAt: seenAt)
        confirmation = stored.confirmation
        removedObjects = stored.removedObjects
        removedBytes = stored.removedBytes
        hasDroppedResults = stored.results == nil
        for (name, result) in stored.results ?? [] {
            // The first word counts, as it did then.
            if let agent = index(name), results[agent] == nil { results[agent] = result }
        }
    }

    /// The same purge with what single agents told as another record has it: the history's, where memory ran short.
    func with(resultsOf other: PurgeRecord) -> PurgeRecord {
        var record = self
        record.results = other.results
        return record
    }

    /// It was found in a topic.
    mutating func found(inTopic topic: Int64) {
        self.topic = topic
    }

    /// This process accepted it.
    mutating func accepted(at moment: Duration) {
        acceptedAt = moment
    }

    /// So many more expected agents have not applied it.
    mutating func change(outstandingBy step: Int) {
        outstanding += step
        changes += 1
    }

    /// So many expected agents have not applied it.
    mutating func set(outstanding count: Int) {
        outstanding = count
    }

    /// An agent stands in its way.
    mutating func blocked(by agent: Int) {
        blocker = agent
    }

    /// It is complete.
    mutating func confirm(_ confirmation: Confirmation?) {
        self.confirmation = confirmation
        changes += 1
    }

    /// Adds what an agent told; the first word counts, as after a restart it may apply a purge again and find nothing.
    /// - Returns: whether it was added.
    mutating func add(_ result: AgentResult, of agent: Int) -> Bool {
        guard !hasDroppedResults, results[agent] == nil else { return false }
        results[agent] = result
        // Wrapping: numbers from outside must not trap here.
        removedObjects &+= result.removed
        removedBytes &+= result.bytes
        changes += 1
        return true
    }

    /// Forgets what single agents told.
    mutating func dropResults() {
        results = [:]
        hasDroppedResults = true
    }

    // MARK: When it was confirmed

    /// When everybody is seen to be done at a moment.
    func confirmation(at now: CollectorInstant) -> Confirmation {
        // With our own monotonic clock where we can; else from the time that somebody else's clock wrote.
        let took = acceptedAt.map { now.monotonic - $0 } ?? now.wall.duration(since: event.acceptedAt)
        return Confirmation(at: now.wall, took: max(.zero, took))
    }

    /// When it was complete before we looked: the last of the times that the agents tell, if all of them still do.
    /// - Parameter agents: all of them, by index.
    func confirmationBefore(by agents: [AgentRecord]) -> Confirmation {
        var last: Timestamp?
        for (index, agent) in agents.enumerated() where agent.isMember {
            guard let result = results[index] else { return Confirmation() }
            last = max(last ?? result.appliedAt, result.appliedAt)
        }
        return Confirmation(at: last, took: last.map { max(.zero, $0.duration(since: event.acceptedAt)) })
    }
}
