import PurgeModel

/// Puts together what an agent tells of itself.
struct AgentReporter: Sendable {
    /// The agent's name.
    let agent: String
    /// Random for every start, so that two agents of one name are noticed.
    let instance: String
    /// Who the machine is, so that another machine of the same name is noticed: see ``MachineIdentity``.
    let machine: String
    let software: String
    /// What the caches are: the name of the target.
    let cache: String
    let region: String?
    let tier: TierConfiguration
    /// How long a purge guards.
    let guardWindow: Duration
    let queue: PurgeQueue
    let board: AgentStatusBoard
    /// What to tell of the fence.
    let fence: @Sendable () -> FenceWord
    let clock: any AgentClock

    /// What the agent is doing.
    var status: AgentStatus { status(fence()) }

    private func status(_ fence: FenceWord) -> AgentStatus {
        if board.isStopping { return .draining }
        if fence.isFenced { return .fenced }
        if board.isScanning { return .starting }
        // What nobody has heard of, nobody waits for.
        return queue.isCaughtUp && fence.isHeard ? .live : .catchingUp
    }

    /// Purges told by one acknowledgement at most.
    ///
    /// One takes up to 400 bytes. Kafka and its clients take messages of 1,000,000 bytes, if nobody says otherwise;
    /// what is told here, with ``rangesMax`` and a thousand partitions, stays below that.
    static let purgesMax = 1000
    /// Ranges of applied offsets told at most, over all partitions; one takes up to 41 bytes.
    ///
    /// Leaving out older ones only makes a purge look pending for longer.
    static let rangesMax = 2000
    /// Characters of a problem: a list of files can be long.
    private static let problemMax = 2000

    /// The whole state.
    func acknowledgement() -> Acknowledgement { report().acknowledgement }

    /// The whole state, bounded.
    ///
    /// Progress is read before what was done: what is told as applied was applied before anything else that is told.
    /// - Parameter purgesMax: single purges told at most.
    /// - Returns: also the number of the newest purge that it tells, and whether it tells all there are.
    func report(
        purgesMax: Int = Self.purgesMax
    ) -> (acknowledgement: Acknowledgement, toldTo: Int64, isWhole: Bool) {
        let fence = fence()
        let progress = Self.bounded(queue.progress())
        let summary = board.summary(purgesMax: purgesMax)
        let acknowledgement = Acknowledgement(
            agent: agent, instance: instance, machine: machine, sentAt: clock.now, software: software, region: region,
            tier: told(tier), cache: cache, status: status(fence), drained: fence.isDrained, fence: fence.mode,
            fenceAfter: fence.after,
            partitions: progress, counts: summary.counts, recent: Array(summary.recent),
            problem: board.problem.map { String($0.prefix(Self.problemMax)) }
        )
        return (acknowledgement, summary.toldTo, summary.toldTo == summary.counts.purges)
    }

    /// Where the caches stand; nil where there are no tiers.
    private func told(_ tier: TierConfiguration) -> AgentTier? {
        guard let name = tier.name else { return nil }
        let above = queue.tier
        // Where nginx asks for as long as purges guard, nobody is served what is older than one that is applied.
        let isGapless = queue.standing.map { $0.keepsGuards && $0.isEffective } ?? false
        return AgentTier(
            name: name, above: tier.above,
            guardTime: isGapless ? .zero : guardWindow + (above?.guardTime ?? .zero), waiting: above?.waiting ?? 0)
    }

    /// The same progress with no more ranges than are told: the newest of each partition.
    private static func bounded(_ progress: [PartitionProgress]) -> [PartitionProgress] {
        guard progress.reduce(0, { $0 + $1.appliedRanges.count }) > rangesMax else { return progress }
        let share = max(1, rangesMax / progress.count)
        return progress.map { partition in
            var partition = partition
            partition.appliedRanges = partition.appliedRanges.suffix(share)
            return partition
        }
    }
}
