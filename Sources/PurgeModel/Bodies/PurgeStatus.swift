/// The answer of `GET /v1/purges/{id}`: one purge and how far it has got.
///
/// As all answers it is declared once, for the server, the command line and the tests. A field that is added later has
/// to be optional: the other end may be older.
package struct PurgeStatus: Codable, Sendable, Hashable {
    /// Whether the purge is complete everywhere.
    package enum State: String, Codable, Sendable, CaseIterable {
        case pending, confirmed
    }

    private enum CodingKeys: String, CodingKey {
        case id, zone, mode, source, reason, selectors, scope, partition, offset, state, removed, bytes, agents
        case unmatched, messages
        case effective
        case acceptedAt = "accepted_at"
        case effectiveAt = "effective_at"
        case timeToEffectiveMs = "time_to_effective_ms"
        case confirmedAt = "confirmed_at"
        case timeToConfirmedMs = "time_to_confirmed_ms"
        case byAgent = "by_agent"
    }

    /// 32 hexadecimal digits.
    package let id: String
    /// The id of the zone.
    package let zone: String
    package let mode: PurgeMode
    /// Who asked for it.
    package let source: String
    package let reason: String?
    /// When it was accepted, as RFC 3339.
    package let acceptedAt: String
    package let selectors: NamedSelectors
    /// The host patterns that it may touch.
    package let scope: [String]
    /// Where it is in `purge.events`.
    package let partition: Int32
    package let offset: Int64
    package let state: State
    /// Whether it is effective everywhere: nobody is served what it names, though files may still have to be marked;
    /// absent in answers of version 0.1.0.
    package let effective: Bool?
    /// When that was seen; absent as `confirmedAt` may be.
    package let effectiveAt: String?
    package let timeToEffectiveMs: Int64?
    /// When the last agent was seen to be done; absent when that was before the control plane started and nobody tells
    /// it any more.
    package let confirmedAt: String?
    package let timeToConfirmedMs: Int64?
    /// Objects removed or marked stale, and their bytes, over all agents.
    package let removed: Int
    package let bytes: Int64
    /// As of now: an agent that came after the confirmation is counted too.
    package let agents: AgentCounts
    /// Files that the purge cannot see; absent while there are none.
    package let unmatched: UnmatchedCount?
    /// What somebody should know besides; absent while there is nothing.
    package let messages: [PurgeMessage]?
    /// Absent in lists of purges, and where it was not asked for.
    package let byAgent: [AgentShare]?

    package init(
        id: String, zone: String, mode: PurgeMode, source: String, reason: String? = nil, acceptedAt: String,
        selectors: NamedSelectors, scope: [String], partition: Int32, offset: Int64, state: State,
        effective: Bool? = nil, effectiveAt: String? = nil, timeToEffectiveMs: Int64? = nil,
        confirmedAt: String? = nil, timeToConfirmedMs: Int64? = nil, removed: Int, bytes: Int64, agents: AgentCounts,
        unmatched: UnmatchedCount? = nil, messages: [PurgeMessage] = [], byAgent: [AgentShare]? = nil
    ) {
        self.id = id
        self.zone = zone
        self.mode = mode
        self.source = source
        self.reason = reason
        self.acceptedAt = acceptedAt
        self.selectors = selectors
        self.scope = scope
        self.partition = partition
        self.offset = offset
        self.state = state
        self.effective = effective
        self.effectiveAt = effectiveAt
        self.timeToEffectiveMs = timeToEffectiveMs
        self.confirmedAt = confirmedAt
        self.timeToConfirmedMs = timeToConfirmedMs
        self.removed = removed
        self.bytes = bytes
        self.agents = agents
        self.unmatched = unmatched
        self.messages = messages.isEmpty ? nil : messages
        self.byAgent = byAgent
    }
}
