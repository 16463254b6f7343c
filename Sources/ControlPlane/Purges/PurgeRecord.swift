import PurgeModel

/// What the collector keeps of one purge.
struct PurgeRecord: Sendable {
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
    /// Expected agents on which it has not reached a milestone.
    ///
    /// Kept exact until it is reached, while the members are known; unused otherwise.
    private(set) var outstanding = ByMilestone(each: 0)
    /// The index of a member that stood in its way when it was last looked at.
    private(set) var blocker: Int?
    /// What it has reached; set once and for all.
    private(set) var reached = ByMilestone<Reached?>(each: nil)
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
    var isOpen: Bool { reached.confirmed == nil }

    /// Expected agents that stand between it and a milestone; nil when that is reached.
    func outstanding(on milestone: Milestone) -> Int? {
        reached[milestone] == nil ? outstanding[milestone] : nil
    }

    /// A purge that is new here.
    /// - Parameter outstanding: expected agents on which it has not reached a milestone; 0 while the members are not
    ///   known.
    init(
        event: PurgeEvent, position: PurgePosition, topic: Int64 = 0, bytes: Int, seenAt: Duration,
        outstanding: ByMilestone<Int> = ByMilestone(each: 0)
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
        reached = stored.reached
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

    /// On so many more expected agents it has not reached a milestone.
    mutating func change(outstandingBy step: Int, on milestone: Milestone) {
        outstanding[milestone] += step
        changes += 1
    }

    /// On so many expected agents it has not reached a milestone.
    mutating func set(outstanding count: Int, on milestone: Milestone) {
        outstanding[milestone] = count
    }

    /// An agent stands in its way.
    mutating func blocked(by agent: Int) {
        blocker = agent
    }

    /// It has reached a milestone, and so what comes before it.
    mutating func reach(_ milestone: Milestone, _ reached: Reached) {
        let reached = reached.notBefore(self.reached.effective)
        for earlier in Milestone.allCases where earlier <= milestone && self.reached[earlier] == nil {
            self.reached[earlier] = reached
        }
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

    // MARK: When it was reached

    /// When everybody is seen to be done at a moment.
    func reached(at now: CollectorInstant) -> Reached {
        // With our own monotonic clock where we can; else from the time that somebody else's clock wrote.
        let took = acceptedAt.map { now.monotonic - $0 } ?? now.wall.duration(since: event.acceptedAt)
        return Reached(at: now.wall, took: max(.zero, took))
    }

    /// When it was complete before we looked: the last of the times that the agents tell, if all of them still do.
    /// - Parameter agents: all of them, by index.
    func reachedBefore(by agents: [AgentRecord]) -> Reached {
        var last: Timestamp?
        for (index, agent) in agents.enumerated() where agent.isMember {
            guard let result = results[index] else { return Reached() }
            last = max(last ?? result.appliedAt, result.appliedAt)
        }
        return Reached(at: last, took: last.map { max(.zero, $0.duration(since: event.acceptedAt)) })
    }
}
