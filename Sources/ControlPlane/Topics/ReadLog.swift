/// When one partition of `purge.events` had been read to where.
struct ReadLog: Sendable {
    private struct Entry {
        let moment: Duration
        let readTo: Int64
    }

    /// Entries kept: with five a second, more than three minutes exactly, and longer times less exactly.
    static let countMax = 1024

    /// Both rise.
    private var entries: [Entry] = []
    /// The number of the topic that they are about.
    private var topic: Int64 = 0

    /// Offsets of a topic below this one had been read at a moment.
    mutating func note(_ readTo: Int64, of topic: Int64, at moment: Duration) {
        if topic != self.topic { (entries, self.topic) = ([], topic) }
        guard readTo > entries.last?.readTo ?? 0 else { return }
        entries.append(Entry(moment: moment, readTo: readTo))
        guard entries.count > Self.countMax else { return }
        // Leaving one out only says of some offsets that they were read later.
        entries = entries.enumerated().compactMap { index, entry in index.isMultiple(of: 2) ? entry : nil }
    }

    /// Offsets below this one had been read at some moment for which the condition holds.
    ///
    /// - Parameters:
    ///   - topic: 0 is the answer where the entries are about another one.
    ///   - condition: one that holds up to a moment, and not after it.
    func readTo(of topic: Int64, whileMoment condition: (Duration) -> Bool) -> Int64 {
        guard topic == self.topic else { return 0 }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(entries[middle].moment) { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? entries[low - 1].readTo : 0
    }
}
