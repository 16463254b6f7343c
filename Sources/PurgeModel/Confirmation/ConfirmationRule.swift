/// Decides when a purge is complete everywhere.
///
/// Confirmed is a promise: no cache in service answers with what the purge named. So each agent that is expected must
/// have applied it, or must be known to serve nothing from its cache.
package enum ConfirmationRule {
    /// Where all agents stand with the purge at `offset` of `partition`, and whether it is confirmed.
    ///
    /// `margin` is added to an agent's lease before its silence counts as safe; it covers what its clock and ours may
    /// differ in speed and how long an acknowledgement is on its way. Agents that have left are not in the answer. One
    /// id that comes twice is a conflict.
    package static func evaluate(
        partition: Int32, offset: Int64, agents: [AgentView], margin: Duration
    ) -> Confirmation {
        var standings: [String: Standing] = [:]
        for agent in agents where !agent.hasLeft {
            let standing = standing(of: agent, partition: partition, offset: offset, margin: margin)
            standings[agent.agent] = standings[agent.agent] == nil ? standing : .conflicted
        }
        return Confirmation(standings: standings)
    }

    /// Where one agent stands.
    package static func standing(of agent: AgentView, partition: Int32, offset: Int64, margin: Duration) -> Standing {
        // Two instances share one id: what one has applied says nothing of the other's cache, nor does its fence mode.
        guard !agent.isConflicted else { return .conflicted }
        if let progress = agent.progress, progress.partition == partition, progress.hasApplied(offset) {
            return .applied
        }
        if agent.fence == .cutOff {
            return agent.silence > agent.fenceAfter + max(margin, .zero) ? .safe : .pending
        }
        return agent.silence > agent.fenceAfter ? .missing : .pending
    }
}
