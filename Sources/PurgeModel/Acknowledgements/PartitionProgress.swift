/// How far one agent has got in one partition of `purge.events`.
package struct PartitionProgress: Sendable, Hashable {
    package var partition: Int32

    /// The next offset to fetch: everything below is in the agent's durable queue.
    package var queued: Int64

    /// The lowest offset not yet applied (Kafka's committed-offset convention).
    package var applied: Int64

    /// What is applied beyond ``applied``, so that one long purge does not hide the small ones behind it.
    package var appliedRanges: [ClosedRange<Int64>]

    /// Everything below is effective: nobody on that machine is served what those purges name, though files may still
    /// have to be marked, because its proxy asks the agent before each hit.
    ///
    /// `applied <= effective <= queued`. Nil for an agent that is not asked: its purges are effective when they are
    /// applied.
    package var effective: Int64?

    /// The offset after the last message of the partition, as the last fetch told.
    package var highWatermark: Int64

    /// The last message that it has read, below ``queued``: whoever finds another message there reads another topic.
    ///
    /// Nil when none was read yet, and in what version 0.1.0 wrote.
    package var mark: MessageMark?

    package init(
        partition: Int32, queued: Int64, applied: Int64, appliedRanges: [ClosedRange<Int64>] = [],
        effective: Int64? = nil, highWatermark: Int64, mark: MessageMark? = nil
    ) {
        self.partition = partition
        self.queued = queued
        self.applied = applied
        self.appliedRanges = appliedRanges
        self.effective = effective
        self.highWatermark = highWatermark
        self.mark = mark
    }

    /// Whether the message at `offset` has been applied.
    package func hasApplied(_ offset: Int64) -> Bool {
        offset < applied || appliedRanges.contains { $0.contains(offset) }
    }

    /// Whether the purge at `offset` is effective: applied, or refused to whoever asks for what it names.
    package func isEffective(_ offset: Int64) -> Bool {
        hasApplied(offset) || effective.map { offset < min($0, queued) } ?? false
    }

    /// Messages not yet known to be applied, an upper bound: what lies in ``appliedRanges`` is counted too.
    package var lag: Int64 {
        let (difference, overflow) = highWatermark.subtractingReportingOverflow(applied)
        return overflow ? (highWatermark < 0 ? 0 : .max) : max(0, difference)
    }
}

extension PartitionProgress: Codable {
    private enum CodingKeys: String, CodingKey {
        case partition, queued, applied, effective, mark
        case appliedRanges = "applied_ranges"
        case highWatermark = "high_watermark"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        partition = try container.decode(Int32.self, forKey: .partition)
        queued = try container.decode(Int64.self, forKey: .queued)
        applied = try container.decode(Int64.self, forKey: .applied)
        effective = try container.decodeIfPresent(Int64.self, forKey: .effective)
        highWatermark = try container.decode(Int64.self, forKey: .highWatermark)
        mark = try container.decodeIfPresent(MessageMark.self, forKey: .mark)
        appliedRanges = try container.rangesIfPresent(forKey: .appliedRanges)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(partition, forKey: .partition)
        try container.encode(queued, forKey: .queued)
        try container.encode(applied, forKey: .applied)
        try container.encodeIfPresent(effective, forKey: .effective)
        try container.encode(highWatermark, forKey: .highWatermark)
        try container.encodeIfPresent(mark, forKey: .mark)
        try container.encode(ranges: appliedRanges, forKey: .appliedRanges)
    }
}
