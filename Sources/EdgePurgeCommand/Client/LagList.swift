/// `GET /v1/lag`.
struct LagList: Decodable {
    /// One partition of one agent.
    struct Partition: Decodable {
        var partition: Int
        var applied: Int64?
        var highWatermark: Int64?
        var lag: Int64
    }

    /// One agent.
    struct Agent: Decodable {
        var agent: String
        var lag: Int64
        var oldestUnappliedMs: Int64?
        var partitions: [Partition]?
    }

    /// All agents.
    var agents: [Agent]
}
