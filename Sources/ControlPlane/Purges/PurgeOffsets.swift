import DequeModule

/// The purges of one partition that are in memory, in the order of their offsets.
struct PurgeOffsets: Sendable {
    /// Where one purge is.
    struct Entry: Sendable {
        let offset: Int64
        /// The purge's slot in the table.
        let slot: Int
    }

    /// Sorted by offset.
    ///
    /// New ones arrive at the end or close to it, old ones leave at the front.
    private(set) var entries: Deque<Entry> = []

    /// The record at an offset.
    func slot(at offset: Int64) -> Int? {
        let index = firstIndex(from: offset)
        return index < entries.count && entries[index].offset == offset ? entries[index].slot : nil
    }

    /// Adds a purge, or replaces the one at its offset.
    mutating func insert(_ slot: Int, at offset: Int64) {
        let index = firstIndex(from: offset)
        if index < entries.count, entries[index].offset == offset {
            entries[index] = Entry(offset: offset, slot: slot)
        } else {
            entries.insert(Entry(offset: offset, slot: slot), at: index)
        }
    }

    /// Forgets the purge at an offset.
    mutating func remove(at offset: Int64) {
        let index = firstIndex(from: offset)
        if index < entries.count, entries[index].offset == offset { entries.remove(at: index) }
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
