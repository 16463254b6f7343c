/// What a purge reaches on its way, one after the other.
package enum Milestone: String, Sendable, Hashable, CaseIterable {
    /// No cache in service answers with what the purge names, as long as its agent runs: each agent has applied it, or
    /// is asked by its proxy before each hit and says no.
    case effective
    /// Each agent has applied it: nothing that it names is left in any cache in service.
    case confirmed
}

extension Milestone: Comparable {
    /// What comes first is less.
    package static func < (left: Milestone, right: Milestone) -> Bool { left == .effective && right == .confirmed }
}
