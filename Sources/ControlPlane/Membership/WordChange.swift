import PurgeModel

/// What counts of an agent's words before and after something happened.
struct WordChange: Sendable {
    /// The index of the agent.
    let agent: Int
    /// What counted of its coverage.
    let before: [Int32: ByMilestone<Coverage>]
    /// What counts of it now.
    let after: [Int32: ByMilestone<Coverage>]
    /// How many more members are expected by this, which have applied nothing yet.
    let more: Int
    /// Partitions that it has begun anew: what it told of them before is about another topic.
    let begunAnew: [Int32]
    /// What it tells about single purges, where that is news.
    let results: [ToldResult]
    /// Whether it has taken late responses out since its last word.
    let hasLateFills: Bool

    init(
        agent: Int, before: [Int32: ByMilestone<Coverage>], after: [Int32: ByMilestone<Coverage>], more: Int = 0,
        begunAnew: [Int32] = [], results: [ToldResult] = [], hasLateFills: Bool = false
    ) {
        self.agent = agent
        self.before = before
        self.after = after
        self.more = more
        self.begunAnew = begunAnew
        self.results = results
        self.hasLateFills = hasLateFills
    }
}
