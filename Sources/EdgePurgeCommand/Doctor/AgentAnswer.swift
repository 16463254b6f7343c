/// What a running agent tells of itself (`GET /v1/status`), as far as the doctor asks.
struct AgentAnswer: Sendable, Decodable {
    var agent: String
    var instance: String
    var status: String
    var problem: String?
    var fenceReason: String?
    var drained: Bool
    /// `fanotify`, `inotify` or `none`.
    var watcher: String

    private enum CodingKeys: String, CodingKey {
        case agent, instance, status, problem, drained, watcher
        case fenceReason = "fence_reason"
    }
}
