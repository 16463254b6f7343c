/// Counts durations in milliseconds: exact below 256 ms, within 0.4 % above.
///
/// Its size is bounded however many are counted, and two of them can be added up. (A log-linear histogram, as
/// HdrHistogram.)
struct TimeHistogram: Sendable, Hashable {
    /// One count of durations that are not told apart.
    struct Bucket: Sendable, Hashable {
        var index: UInt16
        var count: UInt64
    }

    /// Durations above this, 49 days, count as this.
    static let longest: UInt64 = 1 << 32 - 1

    /// By rising durations; none is empty.
    private(set) var buckets: [Bucket] = []
    /// How many were counted.
    private(set) var count: UInt64 = 0
    /// The longest one, exactly.
    private(set) var max: UInt64 = 0

    init() {}

    /// Takes over what was stored; nil when it cannot have been made by this type.
    init?(buckets: [Bucket], max: UInt64) {
        guard zip(buckets, buckets.dropFirst()).allSatisfy({ $0.index < $1.index }),
            buckets.allSatisfy({ $0.count > 0 && $0.index <= Self.index(of: Self.longest) })
        else { return nil }
        self.buckets = buckets
        self.max = max
        for bucket in buckets { count &+= bucket.count }
    }

    /// Counts a duration.
    mutating func add(_ milliseconds: UInt64) {
        add(Bucket(index: Self.index(of: milliseconds), count: 1))
        max = Swift.max(max, milliseconds)
    }

    /// Counts everything that another one has counted.
    mutating func add(_ other: TimeHistogram) {
        for bucket in other.buckets { add(bucket) }
        max = Swift.max(max, other.max)
    }

    /// The duration that this share of all is not longer than; nil when there are none.
    func percentile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        var rest = Swift.max(1, (share * Double(count)).rounded(.up))
        for bucket in buckets {
            rest -= Double(bucket.count)
            if rest <= 0 { return Swift.min(max, Self.middle(of: bucket.index)) }
        }
        return max
    }

    private mutating func add(_ bucket: Bucket) {
        count &+= bucket.count
        var low = 0
        var high = buckets.count
        while low < high {
            let middle = (low + high) / 2
            if buckets[middle].index < bucket.index { low = middle + 1 } else { high = middle }
        }
        if low < buckets.count, buckets[low].index == bucket.index {
            buckets[low].count &+= bucket.count
        } else {
            buckets.insert(bucket, at: low)
        }
    }

    /// Eight bits of precision: 0 to 255 have an index each, then every doubling has 128.
    private static func index(of milliseconds: UInt64) -> UInt16 {
        let value = Swift.min(milliseconds, longest)
        guard value >= 256 else { return UInt16(truncatingIfNeeded: value) }
        let shift = UInt64(64 - 8 - value.leadingZeroBitCount)
        return UInt16(truncatingIfNeeded: 256 + (shift - 1) * 128 + (value >> shift) - 128)
    }

    private static func middle(of index: UInt16) -> UInt64 {
        guard index >= 256 else { return UInt64(index) }
        let (shift, rest) = (UInt64(index) - 256).quotientAndRemainder(dividingBy: 128)
        let lowest = (rest + 128) << (shift + 1)
        return lowest + (1 << (shift + 1) - 1) / 2
    }
}
