import PurgeModel

/// How far the words of one agent are known to be about the present topic, in the partitions of which it tells what the
/// last message was that it has read (docs/decisions/0014-topics-made-anew.md).
///
/// What it tells counts up to a mark that was found in our own reading of the topic, and no further.
struct MarkedWords: Sendable {
    /// Why nothing that an agent tells of a partition counts.
    enum Doubt: Hashable, Sendable {
        /// It has read another message at an offset than we have: one of us speaks of another topic.
        case otherMessage(offset: Int64)
        /// It reads the topic that was made anew, but has not begun it from its beginning, as far as we know.
        case readOn
    }

    /// What shows that an agent has begun anew since.
    private struct Run: Sendable {
        var instance: String
        var flushes: Int64
        var queued: Int64

        init(_ told: PartitionProgress, _ word: Acknowledgement) {
            (instance, flushes, queued) = (word.instance, word.counts.flushes, told.queued)
        }

        /// Whether an agent that says this now has flushed or compared since then.
        func isOver(by told: PartitionProgress, _ word: Acknowledgement) -> Bool {
            // A later run is live only after it has compared the last message it had read with the one that is there.
            word.instance != instance
                ? word.status == .live || word.counts.flushes > 0
                : word.counts.flushes > flushes || told.queued < queued
        }
    }

    private struct Word: Sendable {
        /// What it tells below this offset counts.
        var verifiedTo: Int64 = 0
        /// Its last mark, and those before it that were not read here yet: the oldest of them.
        ///
        /// Were it replaced by the newest, an agent that is always a little ahead of us would never be believed.
        var mark: MessageMark
        var unread: MessageMark?
        var doubt: Doubt?
        /// The first of its words that was about the topic that we read now.
        var first: Run?
        /// The first that was about the topic before it; nil when it has begun anew since.
        var earlier: Run?
    }

    private var words: [Int32: Word] = [:]

    /// Whether the agent tells a mark of this partition.
    func contains(_ partition: Int32) -> Bool { words[partition] != nil }

    /// What it tells below this offset counts; nil where it tells no mark.
    func verifiedTo(_ partition: Int32) -> Int64? { words[partition]?.verifiedTo }

    /// Whether a mark that it tells of this partition has not been read here yet.
    func isWaiting(for partition: Int32) -> Bool { words[partition]?.unread != nil }

    /// Whether what it tells of this partition is known, or suspected, to be about another topic.
    func isDoubted(_ partition: Int32) -> Bool {
        words[partition].map { $0.doubt != nil || $0.earlier != nil } ?? false
    }

    /// A partition in which nothing that it tells counts, the first there is.
    var doubt: (partition: Int32, doubt: Doubt)? {
        words.filter { $0.value.doubt != nil }.min { $0.key < $1.key }.flatMap { word in
            word.value.doubt.map { (word.key, $0) }
        }
    }

    /// Whether a word that tells the same progress as the last may still change something.
    var isUnsettled: Bool { words.contains { $0.value.doubt != nil || $0.value.earlier != nil } }

    /// Whether an agent that says this has begun the partition anew since its first word about the topic that we read,
    /// or the one before, or never spoke of any: then all that it tells is about one topic.
    func hasBegunAnew(_ told: PartitionProgress, _ acknowledgement: Acknowledgement) -> Bool {
        guard let word = words[told.partition], let run = word.earlier ?? word.first else { return true }
        return run.isOver(by: told, acknowledgement)
    }

    /// Takes in what an agent tells of a partition.
    mutating func weigh(_ told: PartitionProgress, _ acknowledgement: Acknowledgement, events: inout EventsProgress) {
        let partition = told.partition
        guard let mark = told.mark else {
            // It has read nothing of the topic: it cannot be about an earlier one, unless it never tells marks.
            let isAnew = words[partition].map { word in
                (word.earlier ?? word.first)?.isOver(by: told, acknowledgement) ?? !isDoubted(partition)
            }
            if isAnew == true { words[partition] = nil }
            return
        }
        var word = words[partition] ?? Word(mark: mark)
        if let earlier = word.earlier, earlier.isOver(by: told, acknowledgement) { word.earlier = nil }
        if mark.offset < word.mark.offset { word.unread = nil }
        word.mark = mark
        compare(&word, partition, events: &events)
        if word.verifiedTo > mark.offset, word.first == nil { word.first = Run(told, acknowledgement) }
        if word.doubt != nil, words[partition]?.doubt != word.doubt { events.suspect() }
        words[partition] = word
    }

    /// More of a partition has been read; answers whether more of what it tells counts.
    mutating func readOn(_ partition: Int32, events: inout EventsProgress) -> Bool {
        guard var word = words[partition], let unread = word.unread, unread.offset < events.readTo(partition) else {
            if let unread = words[partition]?.unread { events.doubt(from: unread.offset + 1, in: partition) }
            return false
        }
        let before = word.verifiedTo
        word.unread = nil
        judge(&word, by: unread, events.compare(unread, in: partition))
        if word.mark != unread { compare(&word, partition, events: &events) }
        if word.doubt != nil, words[partition]?.doubt != word.doubt { events.suspect() }
        words[partition] = word
        return word.verifiedTo != before
    }

    /// The topic was made anew: what it has told counts when its mark is found in the new one.
    mutating func startOver(_ partition: Int32, events: inout EventsProgress) {
        guard var word = words[partition] else { return }
        word.earlier = word.earlier ?? word.first
        (word.first, word.verifiedTo, word.doubt, word.unread) = (nil, 0, nil, nil)
        compare(&word, partition, events: &events)
        words[partition] = word
    }

    private func compare(_ word: inout Word, _ partition: Int32, events: inout EventsProgress) {
        let mark = word.mark
        guard mark.offset < events.readTo(partition) else {
            word.unread = word.unread ?? mark
            events.doubt(from: (word.unread ?? mark).offset + 1, in: partition)
            return
        }
        judge(&word, by: mark, events.compare(mark, in: partition))
    }

    private func judge(_ word: inout Word, by mark: MessageMark, _ comparison: MarkLog.Comparison) {
        switch comparison {
        case .same where word.earlier != nil: (word.doubt, word.verifiedTo) = (.readOn, 0)
        case .same: (word.doubt, word.verifiedTo) = (nil, mark.offset + 1)
        case .other: (word.doubt, word.verifiedTo, word.unread) = (.otherMessage(offset: mark.offset), 0, nil)
        // Older than what is kept: what counted goes on counting, and nothing more.
        case .unknown: break
        }
    }
}
