import PurgeModel

// Where the members stand with one purge: as ``PurgeModel/ConfirmationRule`` says, and nobody else.
extension Members {
    /// A member that stands between a purge and a milestone; nil when there is none.
    /// - Parameters:
    ///   - seenAt: when the purge became known here.
    ///   - last: the one that was found before. It is asked first: most often it still does, and then the others need
    ///     not be looked at.
    func blocker(
        of position: PurgePosition, on milestone: Milestone, seenAt: Duration, last: Int?, at now: CollectorInstant
    ) -> Int? {
        func blocks(_ index: Int) -> Bool {
            let agent = all[index]
            guard agent.isMember, !agent.hasReached(milestone, position) else { return false }
            return !isExcused(agent, fromPurgeSeenAt: seenAt, at: now)
        }
        if let last, blocks(last) { return last }
        return all.indices.first(where: blocks)
    }

    /// Whether a member that has not applied a purge does not stand in its way: it was drained, or its silence is safe.
    func isExcused(_ agent: AgentRecord, fromPurgeSeenAt seenAt: Duration, at now: CollectorInstant) -> Bool {
        if agent.isDrained { return reading.isExcused(agent, fromPurgeSeenAt: seenAt, at: now) }
        guard let safeAfter = agent.safeAfter else { return false }
        return reading.knownTo(agent, at: now) - seenAt > safeAfter
    }

    /// Where an agent stands with a purge; nil for one that is not waited for.
    func standing(
        of agent: AgentRecord, with position: PurgePosition, seenAt: Duration, at now: CollectorInstant
    ) -> Standing? {
        guard agent.isExpected else { return nil }
        if agent.isUnheard { return .missing }
        let view = view(of: agent, with: position, seenAt: seenAt, at: now)
        let standing = ConfirmationRule.standing(
            of: view, partition: position.partition, offset: position.offset, margin: margin)
        // One that was drained has left, but what it did before is not forgotten.
        return view.hasLeft && standing != .applied ? nil : standing
    }

    /// One agent as the rule wants to see it.
    private func view(
        of agent: AgentRecord, with position: PurgePosition, seenAt: Duration, at now: CollectorInstant
    ) -> AgentView {
        let told = agent.acknowledgement
        var silence = max(.zero, now.monotonic - agent.heardAt)
        if told.fence == .cutOff {
            // The lease runs from the purge at the earliest. An agent that was cut off for a day may have come back
            // just now and be in use again, with its word about that still on the way to us. But once a lease has
            // passed since the purge, it has either applied it or fenced itself for being behind or out of touch,
            // whatever we have heard.
            silence = min(
                reading.silence(of: agent, at: now), max(.zero, reading.knownTo(agent, at: now) - seenAt))
        }
        return AgentView(
            agent: agent.name, silence: silence, fence: told.fence, fenceAfter: told.fenceAfter,
            progress: agent.progress(in: position.partition), isConflicted: agent.isConflicted,
            hasLeft: !agent.isMember || reading.isExcused(agent, fromPurgeSeenAt: seenAt, at: now))
    }
}
