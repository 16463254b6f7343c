import PurgeModel

extension PurgeStatus {
    /// How far a purge has got, which may come from the history.
    ///
    /// - Parameters:
    ///   - isOfEarlierTopic: whether its topic was made anew since, so that its position says nothing about it.
    ///   - byAgent: whether to say what each agent told, or only how many stand where.
    init(
        _ record: PurgeRecord, isOfEarlierTopic: Bool, _ members: Members, _ tiers: TierTable, now: CollectorInstant,
        byAgent: Bool
    ) {
        let event = record.event
        var counts = AgentCounts()
        var shares: [AgentShare] = []
        let missUnmatched = event.selectors.missUnmatched(in: event.scope)
        var unmatched = UnmatchedCount()
        var near: Neighbour?
        // Whether it is known of each agent what it removed.
        var isTold = true
        for (index, agent) in members.all.enumerated() {
            let result = record.results[index]
            let standing = Self.standing(
                of: agent, with: record, result, isOfEarlierTopic: isOfEarlierTopic, members, now: now)
            guard let standing else { continue }
            let isEffective =
                standing.isDone || !isOfEarlierTopic && agent.hasReached(.effective, record.position)
            counts.add(standing, isEffective: isEffective)
            isTold = isTold && standing == .applied && result != nil
            if near == nil, let text = result?.near { near = Neighbour(text, in: event.scope) }
            if missUnmatched, agent.isMember { unmatched.add(agent.acknowledgement.counts.unmatched) }
            guard byAgent else { continue }
            shares.append(
                AgentShare(
                    agent: agent.name, region: agent.region, standing: standing, effective: isEffective,
                    appliedAt: result?.appliedAt.description, removed: result?.removed, bytes: result?.bytes,
                    tookUs: result?.tookMicroseconds,
                    waitsForTier: standing.isDone ? nil : tiers.awaited(by: agent, at: record.position)))
        }
        shares.sort { $0.agent < $1.agent }
        var messages = event.selectors.messages
        if record.isOpen, !members.areKnown { messages.append(.agentsUnknown) }
        if !record.isOpen, isTold, counts.expected > 0, record.removedObjects == 0 {
            messages.append(.matchedNothing(event.selectors, agents: counts.expected, near: near))
        }
        if let message = PurgeMessage.unmatched(unmatched, of: counts.expected) { messages.append(message) }
        self.init(
            id: event.id.description, zone: event.zone, mode: event.mode, source: event.source, reason: event.reason,
            acceptedAt: event.acceptedAt.description, selectors: NamedSelectors(event.selectors),
            scope: event.scope.patterns.map(\.description), partition: record.position.partition,
            offset: record.position.offset, state: record.isOpen ? .pending : .confirmed,
            effective: record.reached.effective != nil,
            effectiveAt: record.reached.effective?.at?.description,
            timeToEffectiveMs: record.reached.effective?.took?.wholeMilliseconds,
            confirmedAt: record.reached.confirmed?.at?.description,
            timeToConfirmedMs: record.reached.confirmed?.took?.wholeMilliseconds, removed: record.removedObjects,
            bytes: record.removedBytes, agents: counts,
            unmatched: unmatched.agents > 0 ? unmatched : nil, messages: messages, byAgent: byAgent ? shares : nil)
    }

    /// Where an agent stands with a purge; nil for one that was not waited for.
    ///
    /// What an agent has done of a confirmed purge stays done, whatever has become of the agent or of the topic since.
    private static func standing(
        of agent: AgentRecord, with record: PurgeRecord, _ result: AgentResult?, isOfEarlierTopic: Bool,
        _ members: Members, now: CollectorInstant
    ) -> Standing? {
        let standing = members.standing(of: agent, with: record.position, seenAt: record.seenAt, at: now)
        guard !record.isOpen, agent.isExpected else { return standing }
        if result != nil { return .applied }
        if isOfEarlierTopic { return standing == .applied ? standing : nil }
        // While nobody knows whether one process speaks, what was told before is not forgotten.
        let toldCoverage = agent.toldCoverage(of: record.position.partition)
        return standing != nil && toldCoverage.contains(record.position.offset) ? .applied : standing
    }
}
