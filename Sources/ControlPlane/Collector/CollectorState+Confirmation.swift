internal import PurgeModel

// The decision: when a purge is confirmed. Whether an agent stands in its way is ConfirmationRule's to say and nobody else's; this
// only keeps from asking it about 10,000 agents each time one of them speaks.
extension CollectorState {
    /// Lets time pass: silence turns into safety for agents that fence themselves.
    ///
    /// To be called a few times a second.
    mutating func advance(to now: CollectorInstant) {
        silentCount = 0
        partitionsToProve = []
        for index in agents.indices {
            agents[index].safeAfter = nil
            guard agents[index].isMember else { continue }
            if agents[index].isDrained {
                silentCount += 1
                partitionsToProve.insert(agents[index].acksPartition)
                continue
            }
            guard agents[index].acknowledgement.fence == .cutOff else { continue }
            // Asked without any progress: only whether its silence is long enough.
            let agent = agents[index]
            if now.monotonic - agent.heardAt > Self.silenceNoticed { partitionsToProve.insert(agent.acksPartition) }
            let view = AgentView(
                agent: agent.name, silence: silence(of: agent, at: now), fence: .cutOff,
                fenceAfter: agent.acknowledgement.fenceAfter, progress: nil,
                isConflicted: agent.tracker.standing == .conflicted)
            let standing = ConfirmationRule.standing(
                of: view, partition: 0, offset: 0, margin: settings.confirmationMargin)
            guard standing == .safe else { continue }
            agents[index].safeAfter = agent.acknowledgement.fenceAfter + max(.zero, settings.confirmationMargin)
            silentCount += 1
        }
        if open.isEmpty { partitionsToProve = [] }
        guard silentCount > 0 else { return }
        for slot in Array(open) { confirmIfDone(slot, at: now, isReplay: false) }
    }

    /// Agents speak every second; one that has not for this long is worth a question to the broker.
    private static let silenceNoticed: Duration = .milliseconds(1500)

    /// Everything that was stored in a partition of `purge.acks` before a moment of our monotonic clock has been told to this state.
    mutating func provedRead(acksPartition: Int32, to moment: Duration) {
        acksReadTo[acksPartition] = max(acksReadTo[acksPartition] ?? moment, moment)
    }

    /// The moment up to which this agent's words are known.
    private func knownTo(_ agent: AgentRecord, at now: CollectorInstant) -> Duration {
        min(now.monotonic, max(agent.heardAt, acksReadTo[agent.acksPartition] ?? agent.heardAt))
    }

    /// For how long it certainly has not spoken.
    private func silence(of agent: AgentRecord, at now: CollectorInstant) -> Duration {
        max(.zero, knownTo(agent, at: now) - agent.heardAt)
    }

    /// Whether it had been drained, for all we know, after the purge was there: then it applies the purge before it is used again.
    func isExcused(_ agent: AgentRecord, fromPurgeSeenAt seenAt: Duration, now: CollectorInstant) -> Bool {
        agent.isDrained && (acksReadTo[agent.acksPartition].map { min(now.monotonic, $0) >= seenAt } ?? false)
    }

    /// Counts for every open purge the expected agents that have not applied it, all in one go.
    ///
    /// Agents times purges would be too many steps when both are many: for each partition this takes one step for each purge and one
    /// for each range of each agent.
    mutating func countOutstanding() {
        for (partition, history) in partitions {
            var steps = [Int](repeating: 0, count: history.entries.count + 1)
            for agent in agents where agent.isMember {
                for range in agent.counted[partition]?.all ?? [] {
                    let covered = history.indices(in: range)
                    steps[covered.lowerBound] += 1
                    steps[covered.upperBound] -= 1
                }
            }
            var applied = 0
            for (index, entry) in history.entries.enumerated() {
                applied += steps[index]
                purges[entry.slot]?.outstanding = memberCount + unheardCount - applied
            }
        }
    }

    /// Confirms an open purge when no member stands in its way.
    /// - Parameters:
    ///   - slot: the purge.
    ///   - now: this moment.
    ///   - isReplay: whether it was complete before this process could see it, so that `now` says nothing about when.
    mutating func confirmIfDone(_ slot: Int, at now: CollectorInstant, isReplay: Bool) {
        guard knowsMembers, memberCount > 0, unheardCount == 0, let outstanding = purges[slot]?.outstanding,
            purges[slot]?.isOpen == true, outstanding <= silentCount
        else { return }
        if outstanding > 0 {
            if let blocker = blocker(of: slot, at: now) {
                purges[slot]?.blocker = blocker
                return
            }
            // Nobody is expected: as the rule has it, that confirms nothing.
            guard let position = purges[slot]?.position,
                agents.contains(where: { $0.isMember && (!$0.isDrained || $0.hasApplied(position)) })
            else { return }
        }
        let confirmation = isReplay ? confirmationBefore(slot) : confirmation(of: slot, at: now)
        purges[slot]?.confirmation = confirmation
        purges[slot]?.changes += 1
        open.remove(slot)
        markUnsaved(slot)
        if let at = confirmation?.at, let took = confirmation?.took { times.add(took, confirmedAt: at) }
        if !isReplay, let took = confirmation?.took { seenTimes.append(took) }
        if let id = purges[slot]?.event.id { confirmed.append(id) }
    }

    /// A member that stands in the way of a purge; nil when there is none.
    ///
    /// The last one found is asked first: most often it still does, and then the others need not be looked at.
    private func blocker(of slot: Int, at now: CollectorInstant) -> Int? {
        guard let position = purges[slot]?.position, let seenAt = purges[slot]?.seenAt else { return nil }
        func blocks(_ index: Int) -> Bool {
            let agent = agents[index]
            guard agent.isMember, !agent.hasApplied(position) else { return false }
            if agent.isDrained { return !isExcused(agent, fromPurgeSeenAt: seenAt, now: now) }
            guard let safeAfter = agent.safeAfter else { return true }
            return knownTo(agent, at: now) - seenAt <= safeAfter
        }
        if let last = purges[slot]?.blocker, blocks(last) { return last }
        return agents.indices.first(where: blocks)
    }

    /// One agent as the rule wants to see it.
    func view(of agent: AgentRecord, with record: PurgeRecord, now: CollectorInstant) -> AgentView {
        let told = agent.acknowledgement
        var silence = max(.zero, now.monotonic - agent.heardAt)
        if told.fence == .cutOff {
            // The lease runs from the purge at the earliest. An agent that was cut off for a day may have come back just now and be
            // in use again, with its word about that still on the way to us. But once a lease has passed since the purge, it has
            // either applied it or fenced itself for being behind or out of touch, whatever we have heard.
            silence = min(self.silence(of: agent, at: now), max(.zero, knownTo(agent, at: now) - record.seenAt))
        }
        return AgentView(
            agent: agent.name, silence: silence, fence: told.fence, fenceAfter: told.fenceAfter,
            progress: agent.tracker.standing == .settled && agent.earlier[record.position.partition] == nil
                ? told.progress(in: record.position.partition) : nil,
            isConflicted: agent.tracker.standing == .conflicted,
            hasLeft: !agent.isMember || isExcused(agent, fromPurgeSeenAt: record.seenAt, now: now))
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
