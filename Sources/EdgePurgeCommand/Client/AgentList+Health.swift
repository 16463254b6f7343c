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
        if let otherMachineOf {
            return
                "another machine uses the name \(otherMachineOf): `edge-purge agents replace \(otherMachineOf)` if it "
                + "has taken its place, else give it another name"
        }
        if health == .conflict { return problem ?? "two agents with this name" }
        let unmatched = counts?.unmatched ?? 0
        guard unmatched > 0 else { return problem ?? "" }
        let files = "\(unmatched) file\(unmatched == 1 ? "" : "s") that no purge by URL, host or prefix finds"
        return problem.map { "\($0); \(files)" } ?? files
    }

    /// Its tier, the one that it fills from, and how many purges wait for that: `edge < shield, 2 wait`.
    var tierText: String {
        let place = (tier ?? "") + (tierAbove.map { " < \($0)" } ?? "")
        guard let waiting, waiting > 0 else { return place }
        return "\(place), \(waiting) wait\(waiting == 1 ? "s" : "")"
    }

    /// Its fence mode, and whether the fence is set.
    var fenceText: String {
        let mode = fence?.rawValue ?? ""
        return fenced ? "\(mode) (set)" : mode
    }
}
