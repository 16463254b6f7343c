import Kafka
import PurgeModel

/// Judges whether a partition really lacks the offset that Kafka calls out of range.
///
/// A broker that hung and wakes up still takes itself for the leader: for a while it knows no more than it knew then,
/// calls good offsets out of range, and tells ends that are as old
/// (docs/decisions/0014-topics-made-anew.md). Pure: it is told what the brokers answer, and when.
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

    /// The next offset to read.
    let offset: Int64
    /// When Kafka first said that it is out of range.
    let since: ContinuousClock.Instant
    private var looks = 0
    private var compared: MessageMark?
    private var lastLook: ContinuousClock.Instant?

    /// A broker that wakes up learns within this that it leads no more: its next heartbeat tells it so
    /// (broker.heartbeat.interval.ms, 2 s), and the controller gives up a broker that sends none after 9 s
    /// (broker.session.timeout.ms).
    static let patience = Duration.seconds(15)
    /// Answers that must agree before an offset beyond the end is believed to be gone.
    static let looksMin = 5
    private static let interval = Duration.seconds(1)

    init(offset: Int64, since: ContinuousClock.Instant) {
        self.offset = offset
        self.since = since
    }

    /// Whether the brokers should be asked now, first who leads and then for the ends.
    func isLookDue(_ now: ContinuousClock.Instant) -> Bool {
        lastLook.map { $0.duration(to: now) >= Self.interval } ?? true
    }

    /// Takes note of a look that had no answer: it is tried again as the others are.
    mutating func lookFailed(_ now: ContinuousClock.Instant) { lastLook = now }

    /// Takes the brokers' answer.
    ///
    /// - Parameter marks: messages that were read.
    mutating func judge(_ range: Watermarks, marks: MessageMarks, now: ContinuousClock.Instant) -> Verdict {
        lastLook = now
        // The beginning of a partition only ever moves up: even an old answer proves that it was there.
        if offset < range.low { return .missed }
        if offset <= range.high { return .falseAlarm }
        looks += 1
        if looks >= Self.looksMin, since.duration(to: now) >= Self.patience { return .missed }
        let readable = range.low..<max(range.low, range.high)
        guard let mark = marks.newest(in: readable), mark != compared else { return .unsure }
        compared = mark
        return .compare(mark)
    }
}
