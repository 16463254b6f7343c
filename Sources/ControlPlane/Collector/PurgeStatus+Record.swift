import PurgeModel

extension PurgeStatus {
    /// How far a purge has got, which may come from the history.
    ///
    /// - Parameter byAgent: whether to say what each agent told, or only how many stand where.
    init(_ record: PurgeRecord, _ members: Members, now: CollectorInstant, byAgent: Bool) {
        let event = record.event
        var counts = AgentCounts()
        var shares: [AgentShare] = []
        let missUnmatched = event.selectors.missUnmatched(in: event.scope)
        var unmatched = UnmatchedCount()
        var near: Neighbour?
        // Whether it is known of each agent what it removed.
        var isTold = true
        for (index, agent) in members.all.enumerated() {
            let standing = members.standing(of: agent, with: record.position, seenAt: record.seenAt, at: now)
            guard let standing else { continue }
            counts.add(standing)
            let result = record.results[index]
            isTold = isTold && standing == .applied && result != nil
            if near == nil, let text = result?.near { near = Neighbour(text, in: event.scope) }
            if missUnmatched, agent.isMember { unmatched.add(agent.acknowledgement.counts.unmatched) }
            guard byAgent else { continue }
            shares.append(
                AgentShare(
                    agent: agent.name, region: agent.region, standing: standing,
                    appliedAt: result?.appliedAt.description, removed: result?.removed, bytes: result?.bytes,
                    tookUs: result?.tookMicroseconds))
        }
        shares.sort { $0.agent < $1.agent }
        var messages = event.selectors.messages
        if !record.isOpen, isTold, counts.expected > 0, record.removedObjects == 0 {
            messages.append(.matchedNothing(event.selectors, agents: counts.expected, near: near))
        }
        if let message = PurgeMessage.unmatched(unmatched, of: counts.expected) { messages.append(message) }
        self.init(
            id: event.id.description, zone: event.zone, mode: event.mode, source: event.source, reason: event.reason,
            acceptedAt: event.acceptedAt.description, selectors: NamedSelectors(event.selectors),
            scope: event.scope.patterns.map(\.description), partition: record.position.partition,
            offset: record.position.offset, state: record.isOpen ? .pending : .confirmed,
            confirmedAt: record.confirmation?.at?.description,
            timeToConfirmedMs: record.confirmation?.took?.wholeMilliseconds, removed: record.removedObjects,
            bytes: record.removedBytes, agents: counts,
            unmatched: unmatched.agents > 0 ? unmatched : nil, messages: messages, byAgent: byAgent ? shares : nil)
    }
}
