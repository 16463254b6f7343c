/// `GET /v1/agents`.
struct AgentsList: Decodable {
    /// What an agent has counted.
    struct Counts: Decodable {
        var objectsIndexed: Int64?
        var bytesIndexed: Int64?
        var objectsRemoved: Int64?
    }

    /// One agent as the collector sees it.
    struct Agent: Decodable {
        var agent: String
        var instance: String?
        var region: String?
        var software: String?
        var cache: String?
        var status: String
        var fence: String?
        var fenced: Bool?
        var drained: Bool?
        var silenceMs: Int64?
        var problem: String?
        var conflicted: Bool?
        var lag: Int64?
        var counts: Counts?

        /// How it is, in one word.
        var health: AgentHealth { AgentHealth(of: self) }

        /// What a person should know beyond that word; empty when there is nothing.
        var remark: String {
            problem ?? (health == .conflict ? "two agents with this name" : "")
        }

        /// Its fence mode, and whether the fence is set.
        var fenceText: String {
            let mode = fence ?? ""
            return fenced ?? false ? "\(mode) (set)" : mode
        }
    }

    /// All agents that are expected to apply purges.
    var agents: [Agent]

    /// Those that need somebody first, then by name.
    var byNeed: [Agent] {
        agents.sorted { ($0.health, $0.agent) < ($1.health, $1.agent) }
    }
}
