/// How far a whole tier has got in one partition of `purge.events`.
package struct TierProgress: Sendable, Hashable {
    package var partition: Int32

    /// No agent of the tier stands in the way of a purge below this offset.
    package var applied: Int64

    /// The same beyond ``applied``, so that one long purge does not hide the small ones behind it; in rising order.
    package var appliedRanges: [ClosedRange<Int64>]

    /// Messages below the end of all that, the last one first, and each of the next twice as far back, as far as they
    /// are remembered.
    ///
    /// This is about the topic in which they are. It counts for whoever has read one of them, and for nobody who has
    /// read another message at one of these offsets.
    package var marks: [MessageMark]

    package init(
        partition: Int32, applied: Int64, appliedRanges: [ClosedRange<Int64>] = [], marks: [MessageMark] = []
    ) {
        self.partition = partition
        self.applied = applied
        self.appliedRanges = appliedRanges
        self.marks = marks
    }

    /// Whether no agent of the tier stands in the way of the purge at `offset`.
    package func hasApplied(_ offset: Int64) -> Bool {
        offset < applied || appliedRanges.contains { $0.contains(offset) }
    }
}

extension TierProgress: Codable {
    private enum CodingKeys: String, CodingKey {
        case partition, applied, marks
        case appliedRanges = "applied_ranges"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        partition = try container.decode(Int32.self, forKey: .partition)
        applied = try container.decode(Int64.self, forKey: .applied)
        marks = try container.decodeIfPresent([MessageMark].self, forKey: .marks) ?? []
        appliedRanges = try container.rangesIfPresent(forKey: .appliedRanges)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(partition, forKey: .partition)
        try container.encode(applied, forKey: .applied)
        try container.encode(ranges: appliedRanges, forKey: .appliedRanges)
        try container.encode(marks, forKey: .marks)
    }
}
