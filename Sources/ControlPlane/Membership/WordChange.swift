import PurgeModel

/// What counts of an agent's words before and after something happened.
struct WordChange: Sendable {
    /// The index of the agent.
    let agent: Int
    /// What counted of its coverage.
    let before: [Int32: Coverage]
    /// What counts of it now.
    let after: [Int32: Coverage]
    /// Whether one more agent is expected by this, which has applied nothing yet.
    let isOneMore: Bool
    /// What it tells about single purges for the first time.
    let recent: [RecentPurge]

    init(
        agent: Int, before: [Int32: Coverage], after: [Int32: Coverage], isOneMore: Bool = false,
        recent: [RecentPurge] = []
    ) {
        self.agent = agent
        self.before = before
        self.after = after
        self.isOneMore = isOneMore
        self.recent = recent
    }
}
