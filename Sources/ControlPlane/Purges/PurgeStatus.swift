internal import PurgeModel

/// The answer of `GET /v1/purges/{id}`: one purge and how far it has got.
///
/// Field names become snake_case.
struct PurgeStatus: Encodable, Sendable, Equatable {
    /// Whether the purge is complete everywhere.
    enum State: String, Encodable, Sendable {
        case pending, confirmed
    }

    /// The selectors as the event has them; what is absent was not named.
    struct Named: Encodable, Sendable, Equatable {
        var urls: [String]?
        var tags: [String]?
        var hosts: [String]?
        var prefixes: [String]?
        var everything: Bool?

        init(_ selectors: Selectors) {
            func texts(_ values: [some CustomStringConvertible]) -> [String]? {
                values.isEmpty ? nil : values.map(\.description)
            }
            urls = texts(selectors.urls)
            tags = texts(selectors.tags)
            hosts = texts(selectors.hosts)
            prefixes = texts(selectors.prefixes)
            everything = selectors.everything ? true : nil
        }
    }

    /// How many agents stand where; the last five add up to the first.
    struct AgentCounts: Encodable, Sendable, Equatable {
        var expected = 0
        var applied = 0
        var safe = 0
        var pending = 0
        var missing = 0
        var conflicted = 0

        mutating func add(_ standing: Standing) {
            expected += 1
            switch standing {
            case .applied: applied += 1
            case .safe: safe += 1
            case .pending: pending += 1
            case .missing: missing += 1
            case .conflicted: conflicted += 1
            }
        }
    }

    /// One agent and this purge.
    struct ByAgent: Encodable, Sendable, Equatable {
        var agent: String
        var region: String?
        var standing: Standing
        /// On the agent's clock.
        var appliedAt: String?
        var removed: Int?
        var bytes: Int64?
        var tookUs: Int64?
    }

    var id: String
    var zone: String
    var mode: PurgeMode
    var source: String
    var reason: String?
    var acceptedAt: String
    var selectors: Named
    var scope: [String]
    var partition: Int32
    var offset: Int64
    var state: State
    /// When the last agent was seen to be done; absent when that was before the control plane started and nobody tells
    /// it any more.
    var confirmedAt: String?
    var timeToConfirmedMs: Int64?
    var removed: Int
    var bytes: Int64
    /// As of now: an agent that came after the confirmation is counted too.
    var agents = AgentCounts()
    /// Absent in lists of purges.
    var byAgent: [ByAgent]? = []
}

/// The answer of `GET /v1/agents`.
struct AgentList: Encodable, Sendable {
    /// One agent, as it last described itself.
    struct Agent: Encodable, Sendable {
        var agent: String
        var instance: String?
        var region: String?
        var software: String?
        var cache: String?
        /// Its own word, or `unheard`: the roster names it and it has never spoken.
        var status: String
        /// Its caches bypass their hits, as it said last.
        var fenced: Bool
        /// It has left the set on purpose, until it says otherwise.
        var drained: Bool
        /// Purges wait for it, or it is known why they need not.
        var expected = true
        var fence: FenceMode?
        /// Since its last acknowledgement.
        var silenceMs: Int64?
        var problem: String?
        /// Two processes use its name.
        var conflicted: Bool
        var partitions: [PartitionProgress]
        /// Messages it has not applied, over all partitions; an upper bound.
        var lag: Int64?
        var counts: AcknowledgementCounts?
    }

    var agents: [Agent]
}

extension AgentList.Agent {
    /// An agent that only the roster knows.
    init(unheard agent: String, region: String?) {
        self.init(
            agent: agent, region: region, status: "unheard", fenced: false, drained: false, conflicted: false,
            partitions: [])
    }
}

/// The answer of `GET /v1/lag`.
struct LagList: Encodable, Sendable {
    /// How far one agent is behind in one partition.
    struct Partition: Encodable, Sendable {
        var partition: Int32
        var applied: Int64
        var highWatermark: Int64
        var lag: Int64
    }

    /// How far one agent is behind.
    struct Agent: Encodable, Sendable {
        var agent: String
        var lag: Int64
        /// Age of the oldest purge it has not applied; 0 when there is none.
        var oldestUnappliedMs: Int64
        var partitions: [Partition]
    }

    var agents: [Agent]
}
