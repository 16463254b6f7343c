import PurgeModel

// What others may ask: they see no part, and change none.
extension CollectorState {
    /// Whether `purge.acks` was read to its end once, so that it is known who has to apply a purge.
    var knowsMembers: Bool { members.areKnown }
    /// Whether `purge.events` was read to its end once.
    var knowsPurges: Bool { events.isCaughtUp }
    /// How far each partition of `purge.events` was read.
    var readTo: [Int32: Int64] { events.readTo }
    /// From where on each partition of `purge.events` is to be read.
    var start: [Int32: Int64] { events.start }
    /// The first and the last message that is known of each partition of `purge.events`.
    var ownMarks: [Int32: [MessageMark]] { events.ownMarks }
    /// Partitions of `purge.acks` for which it matters now up to which moment they were read.
    var partitionsToProve: Set<Int32> { members.partitionsToProve }
    /// How long confirmations took.
    var times: ConfirmationTimes { confirmations.times }
    /// Purges in memory, bytes of their events, and what is kept of single agents.
    var memory: (purges: Int, bytes: Int, details: Int) { (purges.count, purges.eventBytes, purges.detailCount) }
    /// Purges that are known and not confirmed, in no order.
    var openRecords: [PurgeRecord] { purges.openRecords }
    /// Purges that are known and not confirmed.
    var openCount: Int { purges.open.count }
    /// Everybody the collector knows, those that have left too.
    var agents: [AgentRecord] { members.all }

    /// Whether the purge is known and not confirmed.
    func isOpen(_ id: PurgeID) -> Bool { isAwaited(.confirmed, of: id) }

    /// Whether the purge is known and has not reached a milestone.
    func isAwaited(_ milestone: Milestone, of id: PurgeID) -> Bool {
        purges.slot(of: id).flatMap { purges.outstanding(of: $0, on: milestone) } != nil
    }

    /// Counts what changes about a purge; nil when it is not in memory.
    func changes(of id: PurgeID) -> Int? { purges.slot(of: id).flatMap { purges[$0]?.changes } }

    /// Whether time alone may change how a purge stands: an agent is silent.
    func isAnybodySilent(at now: CollectorInstant) -> Bool { members.isAnybodySilent(at: now) }

    /// What is known of a purge; nil when it is not in memory.
    func record(of id: PurgeID) -> PurgeRecord? { purges.slot(of: id).flatMap { purges[$0] } }

    /// The record of a purge that the history has, with the results of the agents that are known.
    func record(of purge: HistoryPurge, now: CollectorInstant) -> PurgeRecord {
        PurgeRecord(purge, seenAt: now.monotonic) { members.index(of: $0) }
    }

    /// One purge and how far it has got; nil when it is not in memory.
    func status(of id: PurgeID, now: CollectorInstant, byAgent: Bool = true) -> PurgeStatus? {
        record(of: id).map { status(of: $0, now: now, byAgent: byAgent) }
    }

    /// How far a purge has got that may come from the history.
    ///
    /// - Parameter byAgent: whether to say what each agent told, or only how many stand where.
    func status(of record: PurgeRecord, now: CollectorInstant, byAgent: Bool = true) -> PurgeStatus {
        let isOfEarlierTopic = record.topic != events.topic(of: record.position.partition)
        return PurgeStatus(record, isOfEarlierTopic: isOfEarlierTopic, members, tiers, now: now, byAgent: byAgent)
    }

    /// All agents that have spoken or are in the roster, by name.
    func agentList(now: CollectorInstant) -> AgentList {
        AgentList(members, events, tiers, problem: holdReason ?? tiers.trouble, now: now)
    }

    /// All members and how far they are behind, by name.
    func lagList(now: CollectorInstant) -> LagList { LagList(members, events, purges, now: now) }

    /// Everything that metrics tell, at once.
    func fleet(now: CollectorInstant) -> FleetSummary {
        FleetSummary(members, events, purges, tiers, isHeld: holdReason != nil, now: now)
    }

    /// What whoever sends a purge should know at once.
    func messages(about selectors: Selectors, in scope: Scope) -> [PurgeMessage] {
        guard selectors.missUnmatched(in: scope) else { return [] }
        var count = UnmatchedCount()
        for agent in members.all where agent.isMember { count.add(agent.acknowledgement.counts.unmatched) }
        return PurgeMessage.unmatched(count, of: members.expectedCount).map { [$0] } ?? []
    }

    /// Whether an agent of this name has spoken and was not retired since.
    func isMember(_ name: String) -> Bool { members.isMember(name) }

    /// What has to be written so that a member is forgotten; throws why that may not be.
    func retirement(of member: String, now: CollectorInstant) throws(RetirementRefusal) -> Retirement {
        try members.retirement(of: member, at: now)
    }

    /// What has to be written so that agents are forgotten that have been silent for too long.
    func expired(at now: CollectorInstant) -> [Retirement] { members.expired(at: now) }

    /// What has to be written so that another machine takes the place of the one that has a name; throws why that may
    /// not be.
    func replacement(of name: String, now: CollectorInstant) throws(RetirementRefusal) -> Retirement {
        try members.replacement(of: name, at: now)
    }
}
