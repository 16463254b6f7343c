/// `GET /v1/agents`.
struct AgentsList: Decodable {
    /// One agent as the collector sees it.
    struct Agent: Decodable {
        var agent: String
        var instance: String?
        var region: String?
        var software: String?
        var cache: String?
        var status: String
        var fence: String?
        var silenceMs: Int64?
        var problem: String?
        var conflicted: Bool?
        var lag: Int64?
    }

    /// All agents that are expected to apply purges.
    var agents: [Agent]
}
