/// What one purge did on one agent.
package struct RecentPurge: Sendable, Hashable {
    package var partition: Int32
    package var offset: Int64

    /// Objects removed or marked stale.
    package var removed: Int

    /// Bytes of those objects.
    package var bytes: Int64
    package var appliedAt: Timestamp

    /// From being queued to being applied; whole microseconds in JSON.
    package var took: Duration

    /// Where it removed nothing: something stored next to what it names, as ``Neighbour`` writes it.
    package var near: String?

    package init(
        partition: Int32, offset: Int64, removed: Int, bytes: Int64, appliedAt: Timestamp, took: Duration,
        near: String? = nil
    ) {
        self.partition = partition
        self.offset = offset
        self.removed = removed
        self.bytes = bytes
        self.appliedAt = appliedAt
        self.took = took
        self.near = near
    }
}

extension RecentPurge: Codable {
    private enum CodingKeys: String, CodingKey {
        case partition, offset, removed, bytes, near
        case appliedAt = "applied_at"
        case took = "took_us"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        partition = try container.decode(Int32.self, forKey: .partition)
        offset = try container.decode(Int64.self, forKey: .offset)
        removed = try container.decode(Int.self, forKey: .removed)
        bytes = try container.decode(Int64.self, forKey: .bytes)
        appliedAt = try container.decode(Timestamp.self, forKey: .appliedAt)
        took = .microseconds(try container.decode(Int64.self, forKey: .took))
        near = try container.decodeIfPresent(String.self, forKey: .near)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(partition, forKey: .partition)
        try container.encode(offset, forKey: .offset)
        try container.encode(removed, forKey: .removed)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(appliedAt, forKey: .appliedAt)
        try container.encode(took.wholeMicroseconds, forKey: .took)
        try container.encodeIfPresent(near, forKey: .near)
    }
}
