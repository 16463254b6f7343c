/// What agents told about purges that this process has not read yet.
///
/// An agent can be done before the event has travelled to us. Such results wait here for their purge, up to a limit:
/// what is lost is a count in an answer, never a confirmation.
struct EarlyResults: Sendable {
    /// Results kept at most.
    static let countMax = 100_000

    private var results: [PurgePosition: [(agent: Int, result: AgentResult)]] = [:]
    private var count = 0

    /// Keeps a result; ignored when there is no room or the agent has told it before.
    mutating func add(_ result: AgentResult, of agent: Int, at position: PurgePosition) {
        guard count < Self.countMax, results[position]?.contains(where: { $0.agent == agent }) != true else { return }
        results[position, default: []].append((agent, result))
        count += 1
    }

    /// Forgets what was told about a partition whose topic was made anew.
    mutating func drop(_ partition: Int32) {
        results = results.filter { $0.key.partition != partition }
        count = results.values.reduce(0) { $0 + $1.count }
    }

    /// Hands over, and forgets, what was told about a purge.
    mutating func take(_ position: PurgePosition) -> [(agent: Int, result: AgentResult)] {
        guard count > 0, let found = results.removeValue(forKey: position) else { return [] }
        count -= found.count
        return found
    }
}
