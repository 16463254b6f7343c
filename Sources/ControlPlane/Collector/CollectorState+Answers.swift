internal import PurgeModel

// What the API asks.
extension CollectorState {
    /// Whether the purge is known and not confirmed.
    func isOpen(_ id: PurgeID) -> Bool {
        slotByID[id].map { open.contains($0) } ?? false
    }

    /// The events of the purges that are known and not confirmed, in no order.
    var openEvents: [PurgeEvent] { open.compactMap { purges[$0]?.event } }

    /// Purges that are known and not confirmed.
    var openCount: Int { open.count }

    /// One purge and how far it has got; nil when it is not in memory.
    func status(of id: PurgeID, now: CollectorInstant, byAgent: Bool = true) -> PurgeStatus? {
        record(of: id).map { status(of: $0, now: now, byAgent: byAgent) }
    }

    /// What is known of a purge; nil when it is not in memory.
    func record(of id: PurgeID) -> PurgeRecord? {
        slotByID[id].flatMap { purges[$0] }
    }

    /// How far a purge has got that may come from the history.
    ///
    /// - Parameter byAgent: whether to say what each agent told, or only how many stand where.
    func status(of record: PurgeRecord, now: CollectorInstant, byAgent: Bool = true) -> PurgeStatus {
        let event = record.event
        var status = PurgeStatus(
            id: event.id.description, zone: event.zone, mode: event.mode, source: event.source, reason: event.reason,
            acceptedAt: event.acceptedAt.description, selectors: PurgeStatus.Named(event.selectors),
            scope: event.scope.patterns.map(\.description), partition: record.position.partition,
            offset: record.position.offset, state: record.isOpen ? .pending : .confirmed,
            confirmedAt: record.confirmation?.at?.description,
            timeToConfirmedMs: record.confirmation?.took?.wholeMilliseconds, removed: record.removedObjects,
            bytes: record.removedBytes)
        var shares: [PurgeStatus.ByAgent] = []
        for (index, agent) in agents.enumerated() where agent.isExpected {
            let view = view(of: agent, with: record, now: now)
            let standing =
                agent.isUnheard
                ? .missing
                : ConfirmationRule.standing(
                    of: view, partition: record.position.partition, offset: record.position.offset,
                    margin: settings.confirmationMargin)
            // One that was drained has left, but what it did before is not forgotten.
            if agent.isMember, view.hasLeft, standing != .applied { continue }
            status.agents.add(standing)
            guard byAgent else { continue }
            let result = record.results[index]
            shares.append(
                PurgeStatus.ByAgent(
                    agent: agent.name, region: agent.acknowledgement.region ?? agent.rosterRegion, standing: standing,
                    appliedAt: result?.appliedAt.description, removed: result?.removed, bytes: result?.bytes,
                    tookUs: result?.tookMicroseconds))
        }
        shares.sort { $0.agent < $1.agent }
        status.byAgent = byAgent ? shares : nil
        return status
    }

    /// All agents that have spoken or are in the roster, by name.
    func agentList(now: CollectorInstant) -> AgentList {
        AgentList(
            agents: expected.map { agent in
                guard agent.isMember else { return AgentList.Agent(unheard: agent.name, region: agent.rosterRegion) }
                let told = agent.acknowledgement
                return AgentList.Agent(
                    agent: agent.name, instance: told.instance, region: told.region ?? agent.rosterRegion,
                    software: told.software, cache: told.cache, status: told.status.rawValue,
                    fenced: told.status == .fenced || told.drained, drained: agent.isDrained, fence: told.fence,
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

    private var expected: [AgentRecord] {
        agents.filter(\.isExpected).sorted { $0.name < $1.name }
    }

    private var members: [AgentRecord] {
        agents.filter(\.isMember).sorted { $0.name < $1.name }
    }

    /// What we have read of a partition counts too: an agent that is cut off does not know how far the topic has got.
    private func lag(of agent: AgentRecord) -> (total: Int64, partitions: [LagList.Partition]) {
        var total: Int64 = 0
        let told = Dictionary(
            agent.acknowledgement.partitions.filter { agent.earlier[$0.partition]?.isProven != true }.map {
                ($0.partition, $0)
            },
            uniquingKeysWith: { first, _ in first })
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
            // As it says, also while that does not count because another one may speak under its name: after every restart that would make
            // all purges of the day look as if they waited.
            let isEarlier = agent.earlier[partition]?.isProven == true
            let coverage = isEarlier ? Coverage() : agent.coverage[partition] ?? Coverage()
            guard let entry = history.first(from: coverage.applied, where: { !coverage.contains($0.offset) }),
                let record = purges[entry.slot]
            else { continue }
            oldest = max(oldest, now.wall.duration(since: record.event.acceptedAt))
        }
        return oldest.wholeMilliseconds
    }
}
