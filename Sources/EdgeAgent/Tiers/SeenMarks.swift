import DequeModule
import PurgeModel

/// The last messages that were read of one partition, so many of them that what somebody tells of one can be compared.
struct SeenMarks: Sendable {
    /// In rising order of their offsets.
    private var marks: Deque<MessageMark> = []

    /// Messages remembered, 16 bytes each.
    static let countMax = 65_536

    /// Takes note of a message that was read; what was noted from there on is forgotten.
    mutating func add(_ mark: MessageMark) {
        while let last = marks.last, last.offset >= mark.offset { marks.removeLast() }
        marks.append(mark)
        if marks.count > Self.countMax { marks.removeFirst() }
    }

    /// Whether this message was read; nil when nothing is remembered of its offset.
    func contains(_ mark: MessageMark) -> Bool? {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].offset < mark.offset { low = middle + 1 } else { high = middle }
        }
        guard low < marks.count, marks[low].offset == mark.offset else { return nil }
        return marks[low] == mark
    }
}
