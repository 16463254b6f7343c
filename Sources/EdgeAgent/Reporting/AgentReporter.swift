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
        return queue.isCaughtUp ? .live : .catchingUp
    }

    /// The whole state.
    ///
    /// Progress is read before what was done: what is told as applied was applied before anything else that is told.
    func acknowledgement() -> Acknowledgement {
        let fence = fence()
        let progress = queue.progress()
        let summary = board.summary
        return Acknowledgement(
            agent: agent, instance: instance, machine: machine, sentAt: clock.now, software: software, region: region,
            cache: cache, status: status(fence), drained: fence.isDrained, fence: fence.mode, fenceAfter: fence.after,
            partitions: progress, counts: summary.counts, recent: Array(summary.recent), problem: board.problem
        )
    }
}
