/// One agent and one purge.
package struct AgentShare: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case agent, region, standing, effective, removed, bytes
        case appliedAt = "applied_at"
        case tookUs = "took_us"
        case waitsForTier = "waits_for_tier"
    }

    package let agent: String
    package let region: String?
    package let standing: Standing
    /// Whether the purge is effective on it, applied or not; absent in answers of version 0.1.0.
    package let effective: Bool?
    /// On the agent's clock; this and what follows is absent while the agent has told nothing about the purge.
    package let appliedAt: String?
    /// Objects removed or marked stale.
    package let removed: Int?
    /// Their bytes.
    package let bytes: Int64?
    /// How long it took, in microseconds.
    package let tookUs: Int64?
    /// The tier above that it waits for; absent where it waits for none.
    package let waitsForTier: String?

    package init(
        agent: String, region: String? = nil, standing: Standing, effective: Bool? = nil, appliedAt: String? = nil,
        removed: Int? = nil, bytes: Int64? = nil, tookUs: Int64? = nil, waitsForTier: String? = nil
    ) {
        self.agent = agent
        self.region = region
        self.standing = standing
        self.effective = effective
        self.appliedAt = appliedAt
        self.removed = removed
        self.bytes = bytes
        self.tookUs = tookUs
        self.waitsForTier = waitsForTier
    }
}
