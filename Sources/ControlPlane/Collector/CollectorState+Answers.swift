internal import PurgeModel

// What the API asks.
extension CollectorState {
    /// Whether the purge is known and not confirmed.
    func isOpen(_ id: PurgeID) -> Bool {
        slotByID[id].map { open.contains($0) } ?? false
    }

    /// Purges that are known and not confirmed.
    var openCount: Int { open.count }

    /// One purge and how far it has got; nil when it is not known.
    func status(of id: PurgeID, now: CollectorInstant) -> PurgeStatus? {
        guard let slot = slotByID[id], let record = purges[slot] else { return nil }
        let event = record.event
        var status = PurgeStatus(
            id: event.id.description, zone: event.zone, mode: event.mode, source: event.source, reason: event.reason,
            acceptedAt: event.acceptedAt.description, selectors: PurgeStatus.Named(event.selectors),
            scope: event.scope.patterns.map(\.description), partition: record.position.partition,
            offset: record.position.offset, state: record.isOpen ? .pending : .confirmed,
            confirmedAt: record.confirmation?.at?.description,
            timeToConfirmedMs: record.confirmation?.took?.wholeMilliseconds, removed: record.removedObjects,
            bytes: record.removedBytes)
        for (index, agent) in agents.enumerated() where agent.isMember && !agent.isDrained {
            let standing = standing(of: agent, with: record, now: now)
            let result = record.results[index]
            status.agents.add(standing)
            status.byAgent.append(
                PurgeStatus.ByAgent(
                    agent: agent.name, region: agent.acknowledgement.region, standing: standing,
                    appliedAt: result?.appliedAt.description, removed: result?.removed, bytes: result?.bytes,
                    tookUs: result?.tookMicroseconds))
        }
        status.byAgent.sort { $0.agent < $1.agent }
        return status
    }

    /// All members, by name.
    func agentList(now: CollectorInstant) -> AgentList {
        AgentList(
            agents: members.map { agent in
                let told = agent.acknowledgement
                return AgentList.Agent(
                    agent: agent.name, instance: told.instance, region: told.region, software: told.software,
                    cache: told.cache, status: told.status, fence: told.fence,
                    silenceMs: (max(.zero, now.monotonic - agent.heardAt) + agent.ageWhenHeard).wholeMilliseconds,
                    problem: told.problem, conflicted: agent.tracker.standing == .conflicted,
                    partitions: told.partitions.sorted { $0.partition < $1.partition }, lag: lag(of: agent).total,
                    counts: told.counts)
            })
    }

    /// All members and how far they are behind, by name.
    func lagList(now: CollectorInstant) -> LagList {
        LagList(
            agents: members.map { agent in
                let lag = lag(of: agent)
                return LagList.Agent(
                    agent: agent.name, lag: lag.total, oldestUnappliedMs: oldestUnapplied(by: agent, now: now),
                    partitions: lag.partitions)
            })
    }

    private var members: [AgentRecord] {
        agents.filter(\.isMember).sorted { $0.name < $1.name }
    }

    /// What we have read of a partition counts too: an agent that is cut off does not know how far the topic has got.
    private func lag(of agent: AgentRecord) -> (total: Int64, partitions: [LagList.Partition]) {
        var total: Int64 = 0
        let told = Dictionary(
            agent.acknowledgement.partitions.map { ($0.partition, $0) }, uniquingKeysWith: { first, _ in first })
        let list = Set(told.keys).union(partitions.keys).sorted().map { partition in
            var progress =
                told[partition] ?? PartitionProgress(partition: partition, queued: 0, applied: 0, highWatermark: 0)
            progress.highWatermark = max(progress.highWatermark, partitions[partition]?.readTo ?? 0)
            let (sum, overflow) = total.addingReportingOverflow(progress.lag)
            total = overflow ? .max : sum
            return LagList.Partition(
                partition: partition, applied: progress.applied, highWatermark: progress.highWatermark,
                lag: progress.lag)
        }
        return (total, list)
    }

    private func oldestUnapplied(by agent: AgentRecord, now: CollectorInstant) -> Int64 {
        var oldest: Duration = .zero
        for (partition, history) in partitions {
            let coverage = agent.counted[partition] ?? Coverage()
            guard let entry = history.first(from: coverage.applied, where: { !coverage.contains($0.offset) }),
                let record = purges[entry.slot]
            else { continue }
            oldest = max(oldest, now.wall.duration(since: record.event.acceptedAt))
        }
        return oldest.wholeMilliseconds
    }
}
