/// Judges whether a partition really lacks the offset that a broker calls out of range.
///
/// A broker that hung and wakes up still takes itself for the leader: for a while it knows no more than it knew then,
/// calls good offsets out of range, and tells ends that are as old. Pure: it is told what the brokers answer, and when.
package struct RangeDoubt: Sendable {
    /// What the answers mean so far.
    package enum Verdict: Sendable, Hashable {
        /// The offset is there: reading can go on.
        case falseAlarm
        /// What was to be read is gone, or the topic is another one.
        case missed
        /// Not certain: ask again.
        case unsure
    }

    /// How long it asks before it believes that an offset beyond the end is gone.
    package struct Patience: Sendable {
        /// A broker that wakes up learns within this that it leads no more: its next heartbeat tells it so
        /// (broker.heartbeat.interval.ms, 2 s), and the controller gives up a broker that sends none after 9 s
        /// (broker.session.timeout.ms).
        package var time = Duration.seconds(15)
        /// Answers that must agree.
        package var looks = 5
        /// The time between them.
        package var interval = Duration.seconds(1)

        package init() {}
    }

    /// The next offset to read.
    package let offset: Int64
    /// When Kafka first said that it is out of range.
    package let since: ContinuousClock.Instant
    private let patience: Patience
    private var looks = 0
    private var lastLook: ContinuousClock.Instant?

    package init(offset: Int64, since: ContinuousClock.Instant, patience: Patience = Patience()) {
        self.offset = offset
        self.since = since
        self.patience = patience
    }

    /// Whether the brokers should be asked now, first who leads and then for the ends.
    package func isLookDue(_ now: ContinuousClock.Instant) -> Bool {
        lastLook.map { $0.duration(to: now) >= patience.interval } ?? true
    }

    /// Takes note of a look that had no answer: it is tried again as the others are.
    package mutating func lookFailed(_ now: ContinuousClock.Instant) { lastLook = now }

    /// Takes the brokers' answer.
    package mutating func judge(_ range: Watermarks, now: ContinuousClock.Instant) -> Verdict {
        lastLook = now
        // The beginning of a partition only ever moves up: even an old answer proves that it was there.
        if offset < range.low { return .missed }
        if offset <= range.high { return .falseAlarm }
        looks += 1
        return looks >= patience.looks && since.duration(to: now) >= patience.time ? .missed : .unsure
    }
}
