import PurgeModel

extension AgentList {
    /// All agents that have spoken or are in the roster, by name.
    ///
    /// - Parameter problem: why nothing is confirmed now.
    init(
        _ members: Members, _ events: EventsProgress, _ tiers: TierTable, problem: String?, now: CollectorInstant
    ) {
        self.init(agents: members.expected.map { Agent($0, events, tiers, now: now) }, problem: problem)
    }
}

extension AgentList.Agent {
    fileprivate init(_ agent: AgentRecord, _ events: EventsProgress, _ tiers: TierTable, now: CollectorInstant) {
        guard agent.isMember else {
            self.init(agent: agent.name, region: agent.rosterRegion, status: AgentList.unheard)
            return
        }
        let told = agent.acknowledgement
        self.init(
            agent: agent.name, instance: told.instance, machine: told.machine, otherMachineOf: agent.otherMachineOf,
            region: agent.region, software: told.software,
            cache: told.cache, status: told.status.rawValue, fenced: told.status == .fenced || told.drained,
            drained: agent.isDrained, fence: told.fence, silenceMs: agent.shownSilence(at: now).wholeMilliseconds,
            problem: agent.topicConflict ?? agent.remembrance ?? told.problem
                ?? told.tier.flatMap(tiers.layout.problem),
            conflicted: agent.isConflicted || agent.otherMachineOf != nil || agent.topicConflict != nil,
            partitions: told.partitions.sorted { $0.partition < $1.partition },
            lag: AgentLag(of: agent, events).total, counts: told.counts, tier: told.tier)
    }
}
