internal import DequeModule

/// The purges of one partition that are in memory, in the order of their offsets.
struct PartitionHistory: Sendable {
    /// Where one purge is.
    struct Entry: Sendable {
        var offset: Int64
        /// Index into the collector's records.
        var slot: Int
    }

    /// Sorted by offset.
    ///
    /// New ones arrive at the end or close to it, old ones leave at the front.
    private(set) var entries: Deque<Entry> = []
    /// Offsets below this one have been read from the topic.
    var readTo: Int64 = 0
    /// No agent has applied this offset or a later one.
    ///
    /// May be too high, never too low.
    var coveredTo: Int64 = 0
    /// Set when the topic was seen to have been made anew.
    private(set) var startedOver: StartedOver?
    /// Where the least that an agent has told beyond ``readTo`` ends, without proof of an earlier topic; nil when nobody has.
    var firstDoubted: Int64?

    /// What is known of a topic that was made anew, and of the one before it.
    struct StartedOver: Sendable {
        /// The partition ended here or later when that was seen.
        var end: Int64
        /// The earlier topic is not known to have had anything from here on.
        var earlierEnd: Int64
    }

    /// The record at an offset.
    func slot(at offset: Int64) -> Int? {
        let index = firstIndex(from: offset)
        return index < entries.count && entries[index].offset == offset ? entries[index].slot : nil
    }

    /// Adds a purge, or replaces the one at its offset.
    mutating func insert(_ slot: Int, at offset: Int64) {
        let index = firstIndex(from: offset)
        if index < entries.count, entries[index].offset == offset {
            entries[index].slot = slot
        } else {
            entries.insert(Entry(offset: offset, slot: slot), at: index)
        }
    }

    /// Forgets the purge at an offset.
    mutating func remove(at offset: Int64) {
        let index = firstIndex(from: offset)
        if index < entries.count, entries[index].offset == offset { entries.remove(at: index) }
    }

    /// The topic was made anew: nothing of it has been read.
    mutating func startOver(at end: Int64) {
        startedOver = StartedOver(end: end, earlierEnd: max(readTo, coveredTo, startedOver?.earlierEnd ?? 0))
        readTo = 0
    }

    /// An agent that speaks of an earlier topic has told that it had messages up to an offset.
    mutating func earlierTopicHad(_ offset: Int64) {
        guard let known = startedOver?.earlierEnd else { return }
        startedOver?.earlierEnd = max(known, offset)
    }

    /// An agent has told of messages up to this offset, which we have not read.
    mutating func doubt(from offset: Int64) {
        firstDoubted = min(firstDoubted ?? offset, offset)
    }

    /// Where in ``entries`` the purges of a range of offsets are.
    func indices(in range: Range<Int64>) -> Range<Int> {
        let start = firstIndex(from: range.lowerBound)
        return start..<max(start, firstIndex(from: range.upperBound))
    }

    /// Visits the purges in a range of offsets.
    func forEach(in range: Range<Int64>, _ body: (Entry) -> Void) {
        var index = firstIndex(from: range.lowerBound)
        while index < entries.count, entries[index].offset < range.upperBound {
            body(entries[index])
            index += 1
        }
    }

    /// The first purge from an offset on for which the condition holds.
    func first(from offset: Int64, where condition: (Entry) -> Bool) -> Entry? {
        var index = firstIndex(from: offset)
        while index < entries.count {
            if condition(entries[index]) { return entries[index] }
            index += 1
        }
        return nil
    }

    private func firstIndex(from offset: Int64) -> Int {
        // By far most look-ups are at the very end.
        guard let last = entries.last, offset <= last.offset else { return entries.count }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
