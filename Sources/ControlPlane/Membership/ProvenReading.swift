/// Up to which moment the words of agents are known.
///
/// Nothing is concluded from an agent's silence, or from its having been drained, but as of this moment: later words of
/// it may be on their way to us.
struct ProvenReading: Sendable {
    /// By partition of `purge.acks`: everything that was stored in it before this moment of our monotonic clock has
    /// been read.
    private var moments: [Int32: Duration] = [:]

    /// Everything that was stored in a partition before a moment has been read.
    mutating func proved(_ partition: Int32, to moment: Duration) {
        moments[partition] = max(moments[partition] ?? moment, moment)
    }

    /// The moment up to which this agent's words are known.
    func knownTo(_ agent: AgentRecord, at now: CollectorInstant) -> Duration {
        min(now.monotonic, max(agent.heardAt, moments[agent.acksPartition] ?? agent.heardAt))
    }

    /// For how long it certainly has not spoken.
    func silence(of agent: AgentRecord, at now: CollectorInstant) -> Duration {
        max(.zero, knownTo(agent, at: now) - agent.heardAt)
    }

    /// Whether it had been drained, for all we know, after a purge was there: then it applies the purge before it is
    /// used again.
    func isExcused(_ agent: AgentRecord, fromPurgeSeenAt seenAt: Duration, at now: CollectorInstant) -> Bool {
        agent.isDrained && (moments[agent.acksPartition].map { min(now.monotonic, $0) >= seenAt } ?? false)
    }
}
