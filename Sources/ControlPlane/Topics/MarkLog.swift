import PurgeModel

/// The marks of the last messages that were read of one partition: what tells whose words are about this topic.
struct MarkLog: Sendable {
    /// What a mark turns out to be.
    enum Comparison: Hashable, Sendable {
        /// The message was read here too.
        case same
        /// Another message, or none, is at that offset: it is of another topic.
        case other
        /// It lies before what is kept.
        case unknown
    }

    /// Marks kept: 64 KiB a partition, and more messages than a live agent is ever behind.
    static let countMax = 4096

    /// In the order of their offsets; no message was between two of them.
    private var marks: [MessageMark] = []

    /// The oldest that is kept.
    var first: MessageMark? { marks.first }
    /// The newest.
    var last: MessageMark? { marks.last }

    /// Some of those that are kept below an offset: the newest, and each of the next twice as far back.
    func some(below offset: Int64) -> [MessageMark] {
        let count = firstIndex(from: offset)
        return sequence(first: 1) { $0 * 2 }.prefix { $0 <= count }.map { marks[count - $0] }
    }

    /// Takes in the mark of a message that was read, the first time or again.
    /// - Returns: whether it may be of the same topic: false when another message was read at its offset before.
    mutating func add(_ mark: MessageMark) -> Bool {
        guard let last, mark.offset <= last.offset else {
            marks.append(mark)
            // In one go every so often.
            if marks.count >= 2 * Self.countMax { marks.removeFirst(marks.count - Self.countMax) }
            return true
        }
        return compare(mark) != .other
    }

    /// Compares a mark with what was read; to be asked about offsets up to the last one that was read.
    func compare(_ mark: MessageMark) -> Comparison {
        guard let first, mark.offset >= first.offset else { return .unknown }
        let index = firstIndex(from: mark.offset)
        return index < marks.count && marks[index] == mark ? .same : .other
    }

    private func firstIndex(from offset: Int64) -> Int {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
