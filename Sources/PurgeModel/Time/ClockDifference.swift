/// How far the clock of this machine is from those of others, by messages that say when they were sent.
package struct ClockDifference: Sendable, Hashable {
    /// How far this machine's is ahead; negative where it is behind.
    package let ahead: Duration

    /// A message may take as long.
    private static let delayUsual = Duration.seconds(3)

    /// Takes the one in the middle: a single clock that is off, or a single message that was late, says nothing.
    ///
    /// - Parameter delays: from when a message was sent, by its clock, to when it was heard, by ours. Empty: nil.
    package init?(delays: [Duration]) {
        guard !delays.isEmpty else { return nil }
        ahead = delays.sorted()[delays.count / 2]
    }

    /// How far they are from each other.
    private var size: Duration { max(ahead, .zero - ahead) }

    /// Whether it is no more than messages take anyway.
    package var isUsual: Bool { size <= Self.delayUsual }

    /// Whether what compares the times of several machines goes wrong.
    package func isBeyond(_ limit: Duration) -> Bool { size > limit }

    /// `2 min 5 s ahead of`, `4.0 s behind`.
    package var text: String {
        "\(DurationText.approximate(milliseconds: size.wholeMilliseconds)) \(ahead > .zero ? "ahead of" : "behind")"
    }
}
