import PurgeModel

/// The last message that was read of a partition, and a few older ones, each further back than the one before.
///
/// The last one shows whether a topic is still the same where the agent left off. Older ones show it of a topic that is
/// shorter than the old one was.
///
/// On disk: the marks, the newest first. Version 0.1.0 wrote the newest alone, and reads no more than that.
struct MessageMarks: Hashable, Stored {
    /// In falling order of their offsets.
    private var marks: [MessageMark] = []

    init() {}

    var newest: MessageMark? { marks.first }

    /// Takes note of a message that was read; what was noted from there on is forgotten.
    mutating func add(_ mark: MessageMark) {
        var kept = [mark]
        for old in marks where old.offset < mark.offset {
            let level = Self.level(old, below: mark)
            // The oldest of each level stays, until it grows into the next one.
            if kept.count > 1, let last = kept.last, Self.level(last, below: mark) == level { kept.removeLast() }
            kept.append(old)
        }
        marks = kept
    }

    /// The newest one with an offset in a range.
    func newest(in range: Range<Int64>) -> MessageMark? { marks.first { range.contains($0.offset) } }

    /// The one at an offset.
    func at(_ offset: Int64) -> MessageMark? { marks.first { $0.offset == offset } }

    /// Those below an offset.
    func below(_ offset: Int64) -> MessageMarks {
        var below = self
        below.marks.removeAll { $0.offset >= offset }
        return below
    }

    /// How far back: up to 8 messages, up to 64, and so on, so that there are at most 23 marks.
    private static func level(_ old: MessageMark, below new: MessageMark) -> Int {
        (63 - UInt64(bitPattern: new.offset &- old.offset).leadingZeroBitCount) / 3
    }

    func encoded() -> [UInt8] { marks.flatMap { $0.encoded() } }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var rest = bytes[...]
        repeat {
            marks.append(try MessageMark(decoding: Array(rest.prefix(MessageMark.encodedBytes))))
            rest = rest.dropFirst(MessageMark.encodedBytes)
        } while !rest.isEmpty
    }
}
