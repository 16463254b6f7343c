/// The whole state of one agent, as it tells everybody on `purge.acks`.
package struct Acknowledgement: Sendable, Hashable {
    /// The agent's id, also the Kafka key.
    package var agent: String

    /// Drawn anew at each start: two of them at once mean two agents with one id.
    package var instance: String

    /// Who the machine is: drawn at random once for a state directory, 16 lower-case hex digits.
    ///
    /// Nil in what version 0.1.0 wrote.
    package var machine: String?
    package var sentAt: Timestamp

    /// Name and version, such as `edge-purge/1.0.0`.
    package var software: String
    package var region: String?

    /// Where it stands among caches that fill from each other; nil where none do.
    package var tier: AgentTier?

    /// What it serves, such as `nginx`.
    package var cache: String
    package var status: AgentStatus

    /// It was drained on purpose: its fence is set, and it has left the set until it says otherwise.
    package var drained: Bool

    /// When it fences itself, of its own accord; `off` while it could not, whatever it was told.
    package var fence: FenceMode

    /// The lease; whole milliseconds in JSON.
    package var fenceAfter: Duration
    package var partitions: [PartitionProgress]
    package var counts: AcknowledgementCounts

    /// The last purges it applied.
    package var recent: [RecentPurge]

    /// What keeps it from working now, for people; nil when nothing does.
    package var problem: String?

    package init(
        agent: String, instance: String, machine: String? = nil, sentAt: Timestamp, software: String,
        region: String? = nil, tier: AgentTier? = nil, cache: String, status: AgentStatus, drained: Bool = false,
        fence: FenceMode,
        fenceAfter: Duration,
        partitions: [PartitionProgress] = [],
        counts: AcknowledgementCounts = AcknowledgementCounts(), recent: [RecentPurge] = [], problem: String? = nil
    ) {
        self.agent = agent
        self.instance = instance
        self.machine = machine
        self.sentAt = sentAt
        self.software = software
        self.region = region
        self.tier = tier
        self.cache = cache
        self.status = status
        self.drained = drained
        self.fence = fence
        self.fenceAfter = fenceAfter
        self.partitions = partitions
        self.counts = counts
        self.recent = recent
        self.problem = problem
    }

    /// The header of a message that a control plane wrote: from there on the name belongs to the machine that it tells
    /// of, alone.
    package static let holderHeader = "edge-purge-holder"

    /// The header of a tombstone for an agent that was silent for too long: which word was its last.
    ///
    /// Where it has said more by then the tombstone means nothing.
    package static let expiredHeader = "edge-purge-expired"

    /// How many hex digits ``machine`` has.
    package static let machineDigits = 16

    /// Its progress in one partition; nil when it says nothing about it.
    package func progress(in partition: Int32) -> PartitionProgress? {
        partitions.first { $0.partition == partition }
    }
}

extension Acknowledgement: Codable {
    private enum CodingKeys: String, CodingKey {
        case agent, instance, machine, software, region, cache, status, drained, fence, partitions, counts, recent
        case problem, tier
        case sentAt = "sent_at"
        case fenceAfter = "fence_after_ms"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        agent = try container.decode(String.self, forKey: .agent)
        instance = try container.decode(String.self, forKey: .instance)
        machine = try container.decodeIfPresent(String.self, forKey: .machine)
        if let machine, !HexText.isLowercase(machine, digits: Self.machineDigits) {
            throw DecodingError.dataCorruptedError(
                forKey: .machine, in: container,
                debugDescription: "the identity of a machine has \(Self.machineDigits) lower-case hex digits")
        }
        sentAt = try container.decode(Timestamp.self, forKey: .sentAt)
        software = try container.decode(String.self, forKey: .software)
        region = try container.decodeIfPresent(String.self, forKey: .region)
        tier = try container.decodeIfPresent(AgentTier.self, forKey: .tier)
        cache = try container.decode(String.self, forKey: .cache)
        status = try container.decode(AgentStatus.self, forKey: .status)
        drained = try container.decodeIfPresent(Bool.self, forKey: .drained) ?? false
        fence = try container.decode(FenceMode.self, forKey: .fence)
        let milliseconds = try container.decode(Int64.self, forKey: .fenceAfter)
        guard milliseconds >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .fenceAfter, in: container, debugDescription: "a lease cannot be negative")
        }
        fenceAfter = .milliseconds(milliseconds)
        partitions = try container.decode([PartitionProgress].self, forKey: .partitions)
        counts = try container.decodeIfPresent(AcknowledgementCounts.self, forKey: .counts) ?? AcknowledgementCounts()
        recent = try container.decodeIfPresent([RecentPurge].self, forKey: .recent) ?? []
        problem = try container.decodeIfPresent(String.self, forKey: .problem)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(agent, forKey: .agent)
        try container.encode(instance, forKey: .instance)
        try container.encodeIfPresent(machine, forKey: .machine)
        try container.encode(sentAt, forKey: .sentAt)
        try container.encode(software, forKey: .software)
        try container.encodeIfPresent(region, forKey: .region)
        try container.encode(cache, forKey: .cache)
        try container.encode(status, forKey: .status)
        if drained { try container.encode(true, forKey: .drained) }
        try container.encode(fence, forKey: .fence)
        try container.encode(fenceAfter.wholeMilliseconds, forKey: .fenceAfter)
        try container.encode(partitions, forKey: .partitions)
        try container.encode(counts, forKey: .counts)
        try container.encode(recent, forKey: .recent)
        try container.encodeIfPresent(problem, forKey: .problem)
        try container.encodeIfPresent(tier, forKey: .tier)
    }
}
