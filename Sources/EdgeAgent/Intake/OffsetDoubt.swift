import Kafka
import PurgeModel

/// Judges whether a partition really lacks the offset that Kafka calls out of range, as ``RangeDoubt`` does; where that
/// is not certain, a message that was read tells more (docs/decisions/0014-topics-made-anew.md).
struct OffsetDoubt: Sendable {
    /// What the answers mean so far.
    enum Verdict: Sendable, Hashable {
        /// The offset is there: reading can go on.
        case falseAlarm
        /// What was to be read is gone, or the topic is another one.
        case missed
        /// Not certain: whether this message is still there would tell more.
        case compare(MessageMark)
        /// Not certain: ask again.
        case unsure
    }

    private var range: RangeDoubt
    private var compared: MessageMark?

    /// The next offset to read.
    var offset: Int64 { range.offset }
    /// When Kafka first said that it is out of range.
    var since: ContinuousClock.Instant { range.since }

    init(offset: Int64, since: ContinuousClock.Instant) {
        range = RangeDoubt(offset: offset, since: since)
    }

    /// Whether the brokers should be asked now, first who leads and then for the ends.
    func isLookDue(_ now: ContinuousClock.Instant) -> Bool { range.isLookDue(now) }

    /// Takes note of a look that had no answer: it is tried again as the others are.
    mutating func lookFailed(_ now: ContinuousClock.Instant) { range.lookFailed(now) }

    /// Takes the brokers' answer.
    ///
    /// - Parameter marks: messages that were read.
    mutating func judge(_ ends: Watermarks, marks: MessageMarks, now: ContinuousClock.Instant) -> Verdict {
        switch range.judge(ends, now: now) {
        case .falseAlarm: return .falseAlarm
        case .missed: return .missed
        case .unsure:
            let readable = ends.low..<max(ends.low, ends.high)
            guard let mark = marks.newest(in: readable), mark != compared else { return .unsure }
            compared = mark
            return .compare(mark)
        }
    }
}
