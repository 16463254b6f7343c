import PurgeModel

extension PurgeStatus {
    /// How far a purge has got, which may come from the history.
    ///
    /// - Parameter byAgent: whether to say what each agent told, or only how many stand where.
    init(_ record: PurgeRecord, _ members: Members, now: CollectorInstant, byAgent: Bool) {
        let event = record.event
        var counts = AgentCounts()
        var shares: [AgentShare] = []
        for (index, agent) in members.all.enumerated() {
            let standing = members.standing(of: agent, with: record.position, seenAt: record.seenAt, at: now)
            guard let standing else { continue }
            counts.add(standing)
            guard byAgent else { continue }
            let result = record.results[index]
            shares.append(
                AgentShare(
                    agent: agent.name, region: agent.region, standing: standing,
                    appliedAt: result?.appliedAt.description, removed: result?.removed, bytes: result?.bytes,
                    tookUs: result?.tookMicroseconds))
        }
        shares.sort { $0.agent < $1.agent }
        self.init(
            id: event.id.description, zone: event.zone, mode: event.mode, source: event.source, reason: event.reason,
            acceptedAt: event.acceptedAt.description, selectors: NamedSelectors(event.selectors),
            scope: event.scope.patterns.map(\.description), partition: record.position.partition,
            offset: record.position.offset, state: record.isOpen ? .pending : .confirmed,
            confirmedAt: record.confirmation?.at?.description,
            timeToConfirmedMs: record.confirmation?.took?.wholeMilliseconds, removed: record.removedObjects,
            bytes: record.removedBytes, agents: counts, byAgent: byAgent ? shares : nil)
    }
}
