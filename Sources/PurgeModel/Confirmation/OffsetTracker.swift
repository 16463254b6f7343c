import DequeModule

/// Knows which offsets of one partition have been applied while they finish in any order.
///
/// Offsets may have gaps, which transaction markers and compaction leave; what is in a gap counts as applied, so a gap
/// never blocks. Memory grows with the number of separate ranges, not with that of offsets.
package struct OffsetTracker: Sendable, Hashable {
    /// The next offset to take in; everything below has been enqueued or skipped.
    package private(set) var next: Int64

    /// Kafka's committed-offset convention: the lowest offset not yet applied, or ``next`` when all are.
    package private(set) var applied: Int64

    /// How many offsets were enqueued and not completed.
    package private(set) var pendingCount = 0

    /// What is applied beyond ``applied``: sorted, apart from each other, all below ``next``.
    ///
    /// Between ``applied`` and ``next`` an offset is pending exactly when it is in none of these.
    private var ranges: Deque<ClosedRange<Int64>> = []

    /// Begins with everything below `next` done.
    ///
    /// `next` may be -1: then offset -1 stands for something that comes before every message. What is lower counts as
    /// -1.
    package init(next: Int64) {
        self.next = max(-1, next)
        applied = self.next
    }

    /// Begins again with what a queue still held: `pending` in rising order, all below `next`.
    package init(next: Int64, pending: some Sequence<Int64>) {
        var tracker: OffsetTracker?
        for offset in pending {
            if tracker == nil { tracker = OffsetTracker(next: offset) }
            tracker?.enqueue(offset)
        }
        tracker?.skip(to: next)
        self = tracker ?? OffsetTracker(next: next)
    }

    /// Takes in an offset.
    ///
    /// One that is not beyond the last, as after a fetch that was repeated, changes nothing: false.
    @discardableResult
    package mutating func enqueue(_ offset: Int64) -> Bool {
        guard offset >= next, offset < .max else { return false }
        skip(to: offset)
        next = offset + 1
        pendingCount += 1
        return true
    }

    /// Passes over offsets that hold no message, such as a transaction marker at the end of the partition.
    package mutating func skip(to offset: Int64) {
        guard offset > next else { return }
        if applied == next {
            applied = offset
        } else if let last = ranges.last, last.upperBound == next - 1 {
            ranges[ranges.count - 1] = last.lowerBound...(offset - 1)
        } else {
            ranges.append(next...(offset - 1))
        }
        next = offset
    }

    /// Marks an offset as applied.
    ///
    /// One that is not pending changes nothing: false.
    @discardableResult
    package mutating func complete(_ offset: Int64) -> Bool {
        guard offset >= applied, offset < next else { return false }
        let index = firstRange(endingAtOrAfter: offset)
        if index < ranges.count, ranges[index].contains(offset) { return false }
        pendingCount -= 1
        if offset == applied {
            applied += 1
            if let first = ranges.first, first.lowerBound == applied {
                applied = first.upperBound + 1
                ranges.removeFirst()
            }
            return true
        }
        let joinsBefore = index > 0 && ranges[index - 1].upperBound == offset - 1
        let joinsAfter = index < ranges.count && ranges[index].lowerBound == offset + 1
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            ranges[index - 1] = ranges[index - 1].lowerBound...ranges[index].upperBound
            ranges.remove(at: index)
        case (true, false):
            ranges[index - 1] = ranges[index - 1].lowerBound...offset
        case (false, true):
            ranges[index] = offset...ranges[index].upperBound
        case (false, false):
            ranges.insert(offset...offset, at: index)
        }
        return true
    }

    /// Whether the offset was enqueued and not completed.
    package func isPending(_ offset: Int64) -> Bool {
        guard offset >= applied, offset < next else { return false }
        let index = firstRange(endingAtOrAfter: offset)
        return index == ranges.count || !ranges[index].contains(offset)
    }

    /// What is applied beyond ``applied``, in rising order: the newest ``Limits/appliedRangesMax`` ranges.
    ///
    /// Leaving out older ones only makes a purge look pending for longer; the newest are those that somebody waits for.
    package var appliedRanges: [ClosedRange<Int64>] {
        Array(ranges.suffix(Limits.appliedRangesMax))
    }

    /// Binary search: the first range that does not lie wholly below `offset`.
    private func firstRange(endingAtOrAfter offset: Int64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
