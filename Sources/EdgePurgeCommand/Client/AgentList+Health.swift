import PurgeModel

extension AgentList {
    /// Those that need somebody first, then by name.
    var byNeed: [Agent] {
        agents.sorted { ($0.health, $0.agent) < ($1.health, $1.agent) }
    }
}

extension AgentList.Agent {
    /// How it is, in one word.
    var health: AgentHealth { AgentHealth(of: self) }

    /// What a person should know beyond that word; empty when there is nothing.
    var remark: String {
        problem ?? (health == .conflict ? "two agents with this name" : "")
    }

    /// Its fence mode, and whether the fence is set.
    var fenceText: String {
        let mode = fence?.rawValue ?? ""
        return fenced ? "\(mode) (set)" : mode
    }
}
