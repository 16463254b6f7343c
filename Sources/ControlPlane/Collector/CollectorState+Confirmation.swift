internal import PurgeModel

// The decision: when a purge is confirmed. Whether an agent stands in its way is ConfirmationRule's to say and nobody else's; this
// only keeps from asking it about 10,000 agents each time one of them speaks.
extension CollectorState {
    /// Lets time pass: silence turns into safety for agents that fence themselves.
    ///
    /// To be called a few times a second.
    mutating func advance(to now: CollectorInstant) {
        silentCount = 0
        for index in agents.indices {
            agents[index].safeAfter = nil
            guard agents[index].isMember else { continue }
            if agents[index].isDrained {
                silentCount += 1
                continue
            }
            guard agents[index].acknowledgement.fence == .cutOff else { continue }
            // Asked without any progress: only whether its silence is long enough.
            let agent = agents[index]
            let view = AgentView(
                agent: agent.name, silence: now.monotonic - agent.heardAt, fence: .cutOff,
                fenceAfter: agent.acknowledgement.fenceAfter, progress: nil,
                isConflicted: agent.tracker.standing == .conflicted)
            let standing = ConfirmationRule.standing(
                of: view, partition: 0, offset: 0, margin: settings.confirmationMargin)
            guard standing == .safe else { continue }
            agents[index].safeAfter = agent.acknowledgement.fenceAfter + max(.zero, settings.confirmationMargin)
            silentCount += 1
        }
        guard silentCount > 0 else { return }
        for slot in open.sorted() { confirmIfDone(slot, at: now, isReplay: false) }
    }

    /// Confirms an open purge when no member stands in its way.
    /// - Parameters:
    ///   - slot: the purge.
    ///   - now: this moment.
    ///   - isReplay: whether it was complete before this process could see it, so that `now` says nothing about when.
    mutating func confirmIfDone(_ slot: Int, at now: CollectorInstant, isReplay: Bool) {
        guard knowsMembers, memberCount > 0, let outstanding = purges[slot]?.outstanding, purges[slot]?.isOpen == true,
            outstanding <= silentCount
        else { return }
        if outstanding > 0 {
            if let blocker = blocker(of: slot, at: now) {
                purges[slot]?.blocker = blocker
                return
            }
            // Nobody is expected: as the rule has it, that confirms nothing.
            guard agents.contains(where: { $0.isMember && !$0.isDrained }) else { return }
        }
        let confirmation = isReplay ? confirmationBefore(slot) : confirmation(of: slot, at: now)
        purges[slot]?.confirmation = confirmation
        open.remove(slot)
        if let id = purges[slot]?.event.id { confirmed.append(id) }
    }

    /// A member that stands in the way of a purge; nil when there is none.
    ///
    /// The last one found is asked first: most often it still does, and then the others need not be looked at.
    private func blocker(of slot: Int, at now: CollectorInstant) -> Int? {
        guard let position = purges[slot]?.position, let seenAt = purges[slot]?.seenAt else { return nil }
        let age = now.monotonic - seenAt
        func blocks(_ index: Int) -> Bool {
            guard agents[index].isMember, !agents[index].isDrained, !agents[index].hasApplied(position) else {
                return false
            }
            guard let safeAfter = agents[index].safeAfter else { return true }
            return age <= safeAfter
        }
        if let last = purges[slot]?.blocker, blocks(last) { return last }
        return agents.indices.first(where: blocks)
    }

    /// What the rule says of one agent and one purge.
    func standing(of agent: AgentRecord, with record: PurgeRecord, now: CollectorInstant) -> Standing {
        let position = record.position
        return ConfirmationRule.standing(
            of: view(of: agent, with: record, now: now), partition: position.partition, offset: position.offset,
            margin: settings.confirmationMargin)
    }

    /// One agent as the rule wants to see it.
    func view(of agent: AgentRecord, with record: PurgeRecord, now: CollectorInstant) -> AgentView {
        let told = agent.acknowledgement
        var silence = max(.zero, now.monotonic - agent.heardAt)
        if told.fence == .cutOff {
            // The lease runs from the purge at the earliest. An agent that was cut off for a day may have come back just now and be
            // in use again, with its word about that still on the way to us. But once a lease has passed since the purge, it has
            // either applied it or fenced itself for being behind or out of touch, whatever we have heard.
            silence = min(silence, max(.zero, now.monotonic - record.seenAt))
        }
        return AgentView(
            agent: agent.name, silence: silence, fence: told.fence, fenceAfter: told.fenceAfter,
            progress: agent.tracker.standing == .settled ? told.progress(in: record.position.partition) : nil,
            isConflicted: agent.tracker.standing == .conflicted, hasLeft: !agent.isMember || agent.isDrained)
    }

    private func confirmation(of slot: Int, at now: CollectorInstant) -> PurgeRecord.Confirmation? {
        guard let record = purges[slot] else { return nil }
        // With our own monotonic clock where we can; else from the time that somebody else's clock wrote.
        let took = record.acceptedAt.map { now.monotonic - $0 } ?? now.wall.duration(since: record.event.acceptedAt)
        return PurgeRecord.Confirmation(at: now.wall, took: max(.zero, took))
    }

    /// For a purge that was complete before we looked: the last of the times that the agents tell, if all of them
    /// still do.
    private func confirmationBefore(_ slot: Int) -> PurgeRecord.Confirmation? {
        guard let record = purges[slot] else { return nil }
        var last: Timestamp?
        for (index, agent) in agents.enumerated() where agent.isMember {
            guard let result = record.results[index] else { return PurgeRecord.Confirmation() }
            last = max(last ?? result.appliedAt, result.appliedAt)
        }
        return PurgeRecord.Confirmation(
            at: last, took: last.map { max(.zero, $0.duration(since: record.event.acceptedAt)) })
    }
}
