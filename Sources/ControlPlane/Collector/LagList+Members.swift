import PurgeModel

extension LagList {
    /// All members and how far they are behind, by name.
    init(_ members: Members, _ events: EventsProgress, _ purges: PurgeTable, now: CollectorInstant) {
        self.init(
            agents: members.members.map { agent in
                let lag = AgentLag(of: agent, events)
                return Agent(
                    agent: agent.name, lag: lag.total,
                    oldestUnappliedMs: purges.oldestUnapplied(by: agent, now: now).wholeMilliseconds,
                    partitions: lag.partitions.map(Partition.init))
            })
    }
}
