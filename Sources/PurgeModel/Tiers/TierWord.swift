/// What a collector tells on `purge.tiers` about a tier that others fill from: how far all its agents have got.
///
/// What it says stays true for as long as the topic of purges is the same: several collectors may tell of one tier, and
/// whoever reads takes the furthest.
package struct TierWord: Sendable, Hashable, Codable {
    /// The tier, also the Kafka key.
    package var tier: String
    package var sentAt: Timestamp

    /// Agents of the tier that purges wait for.
    package var members: Int

    /// The longest ``AgentTier/guardTime`` of its agents.
    package var guardTime: Duration

    /// Responses that its agents have taken out since they started, because they were, or might have been, older than a
    /// purge: where it has changed, whoever filled from this tier meanwhile may have one of them.
    package var lateFills: Int64

    /// Why nothing waits for this tier, for people: no agent has it, or it fills from itself by way of others; nil when
    /// purges do wait for it.
    package var problem: String?
    package var partitions: [TierProgress]

    private enum CodingKeys: String, CodingKey {
        case tier, members, problem, partitions
        case sentAt = "sent_at"
        case guardTime = "guard_ms"
        case lateFills = "late_fills"
    }

    package init(
        tier: String, sentAt: Timestamp, members: Int, guardTime: Duration, lateFills: Int64 = 0,
        problem: String? = nil, partitions: [TierProgress]
    ) {
        self.tier = tier
        self.sentAt = sentAt
        self.members = members
        self.guardTime = guardTime
        self.lateFills = lateFills
        self.problem = problem
        self.partitions = partitions
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        tier = try container.tierName(forKey: .tier)
        sentAt = try container.decode(Timestamp.self, forKey: .sentAt)
        members = try container.decode(Int.self, forKey: .members)
        guardTime = try container.milliseconds(forKey: .guardTime)
        lateFills = try container.decodeIfPresent(Int64.self, forKey: .lateFills) ?? 0
        problem = try container.decodeIfPresent(String.self, forKey: .problem)
        partitions = try container.decode([TierProgress].self, forKey: .partitions)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tier, forKey: .tier)
        try container.encode(sentAt, forKey: .sentAt)
        try container.encode(members, forKey: .members)
        try container.encode(guardTime.wholeMilliseconds, forKey: .guardTime)
        try container.encode(lateFills, forKey: .lateFills)
        try container.encodeIfPresent(problem, forKey: .problem)
        try container.encode(partitions, forKey: .partitions)
    }
}
