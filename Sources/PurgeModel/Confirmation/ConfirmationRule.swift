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

    /// Whether the purge at `offset` of `partition` is effective: each agent that is expected has applied it, or is
    /// safe, or refuses what it names while its proxy asks it.
    package static func isEffective(partition: Int32, offset: Int64, agents: [AgentView], margin: Duration) -> Bool {
        let standings = evaluate(partition: partition, offset: offset, agents: agents, margin: margin).standings
        return !standings.isEmpty
            && agents.allSatisfy { agent in
                guard !agent.hasLeft, let standing = standings[agent.agent] else { return true }
                guard !standing.isDone else { return true }
                guard standing != .conflicted, isReliedOn(silence: agent.silence, lease: agent.fenceAfter),
                    let progress = agent.progress
                else { return false }
                return progress.partition == partition && progress.isEffective(offset)
            }
    }

    /// Whether an agent is relied on to refuse what it has not applied: one that is silent for longer than its lease
    /// may be gone, and its proxy may serve without asking.
    package static func isReliedOn(silence: Duration, lease: Duration) -> Bool { silence <= lease }

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
