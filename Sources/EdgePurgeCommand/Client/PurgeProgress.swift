import PurgeModel

/// `GET /v1/purges/{id}`.
struct PurgeProgress: Decodable {
    /// How many agents stand where.
    struct Agents: Decodable {
        var expected: Int
        var applied: Int
        var safe: Int?
        var pending: Int?
        var missing: Int?
        var conflicted: Int?

        /// Agents that need not be waited for any more.
        var done: Int { applied + (safe ?? 0) }
    }

    /// One agent's share.
    struct AgentShare: Decodable {
        var agent: String
        var region: String?
        var standing: String
        var appliedAt: String?
        var removed: Int?
        var bytes: Int?
        var tookUs: Int?
    }

    /// 32 hexadecimal digits.
    var id: String
    var zone: String?
    var mode: String?
    var source: String?
    var reason: String?
    var selectors: NamedSelectors?
    var acceptedAt: String?
    /// `pending` or `confirmed`.
    var state: String
    var confirmedAt: String?
    var timeToConfirmedMs: Int64?
    var removed: Int?
    var bytes: Int?
    var agents: Agents
    var byAgent: [AgentShare]?

    /// Whether no cache in service can answer with what was purged.
    var isConfirmed: Bool { state == "confirmed" }

    /// The live line while waiting, and its first words when done: `2/3 agents, 12 ms`.
    func line(elapsed milliseconds: Int64) -> String {
        let time = DurationText.approximate(milliseconds: timeToConfirmedMs ?? milliseconds)
        return "\(agents.done)/\(agents.expected) agents, \(time)"
    }

    /// `confirmed`, `pending`, or `STUCK` where an agent has to be looked at first.
    var stateWord: String {
        let isStuck = !isConfirmed && (agents.missing ?? 0) + (agents.conflicted ?? 0) > 0
        return isStuck ? "STUCK" : state
    }

    /// How long it took; empty while it is not confirmed.
    var tookText: String {
        timeToConfirmedMs.map { DurationText.approximate(milliseconds: $0) } ?? ""
    }

    /// When it was accepted, in UTC to the second: `2026-11-21 10:12:45`.
    var acceptedText: String {
        String((acceptedAt ?? "").prefix(19).map { $0 == "T" ? " " : $0 })
    }

    /// What was removed: `42 objects, 1.2 MiB`.
    var removedText: String {
        let removed = removed ?? 0
        return "\(removed) object\(removed == 1 ? "" : "s"), \(ByteSizeText.approximate(bytes ?? 0))"
    }
}
