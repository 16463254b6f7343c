/// Offsets of one partition that one agent has applied, or made effective: everything below `applied`, and ranges
/// beyond it.
struct Coverage: Equatable, Sendable {
    /// Every offset below this one is applied.
    private(set) var applied: Int64 = 0
    /// Applied offsets beyond ``applied``: sorted, neither touching nor overlapping.
    private(set) var ranges: [Range<Int64>] = []

    init() {}

    /// Puts what an acknowledgement says in order; an agent with a defect must not be able to trap the collector.
    init(applied: Int64, ranges told: [ClosedRange<Int64>]) {
        self.applied = max(0, applied)
        guard !told.isEmpty else { return }
        // The last possible offset is left out; it does not exist, and its end could not be written.
        let halfOpen = told.compactMap { $0.upperBound < .max ? $0.lowerBound..<$0.upperBound + 1 : nil }
        for range in halfOpen.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > self.applied {
            if range.lowerBound <= self.applied, ranges.isEmpty {
                self.applied = range.upperBound
            } else if let last = ranges.last, range.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    /// The end of what is covered: no offset from here on is.
    var end: Int64 { ranges.last?.upperBound ?? applied }

    /// Whether the offset is applied.
    func contains(_ offset: Int64) -> Bool {
        if offset < applied { return true }
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= offset
    }

    /// What of this lies below an offset.
    func below(_ end: Int64) -> Coverage {
        var part = Coverage()
        part.applied = min(applied, max(0, end))
        part.ranges = ranges.filter { $0.lowerBound < end }.map { $0.clamped(to: $0.lowerBound..<end) }
        return part
    }

    /// This and everything below an offset.
    func extended(to offset: Int64) -> Coverage {
        guard offset > applied else { return self }
        var whole = Coverage()
        whole.applied = max(offset, ranges.last { $0.lowerBound <= offset }?.upperBound ?? offset)
        whole.ranges = ranges.filter { $0.lowerBound > offset }
        return whole
    }

    /// What this covers and `other` does not, in ascending order.
    func subtracting(_ other: Coverage) -> [Range<Int64>] {
        if ranges.isEmpty, other.ranges.isEmpty {
            return applied > other.applied ? [other.applied..<applied] : []
        }
        var result: [Range<Int64>] = []
        let taken = other.all
        var next = 0
        for range in all {
            var start = range.lowerBound
            while next < taken.count, taken[next].upperBound <= start { next += 1 }
            var index = next
            while index < taken.count, taken[index].lowerBound < range.upperBound {
                if start < taken[index].lowerBound { result.append(start..<taken[index].lowerBound) }
                start = max(start, taken[index].upperBound)
                index += 1
            }
            if start < range.upperBound { result.append(start..<range.upperBound) }
        }
        return result
    }

    /// What of some ranges, in ascending order and apart from each other, this covers.
    func intersecting(_ others: [Range<Int64>]) -> [Range<Int64>] {
        let all = all
        var result: [Range<Int64>] = []
        var (own, other) = (0, 0)
        while own < all.count, other < others.count {
            let start = max(all[own].lowerBound, others[other].lowerBound)
            let end = min(all[own].upperBound, others[other].upperBound)
            if start < end { result.append(start..<end) }
            if all[own].upperBound < others[other].upperBound { own += 1 } else { other += 1 }
        }
        return result
    }

    /// This and some more, of which no range is empty; of the ranges beyond ``applied`` the newest `rangesMax`.
    func adding(_ more: [Range<Int64>], rangesMax: Int) -> Coverage {
        var whole = Coverage(applied: applied, ranges: (ranges + more).map { $0.lowerBound...$0.upperBound - 1 })
        whole.ranges.removeFirst(max(0, whole.ranges.count - rangesMax))
        return whole
    }

    /// Everything that is covered, in ascending order.
    var all: [Range<Int64>] { applied > 0 ? [0..<applied] + ranges : ranges }
}
