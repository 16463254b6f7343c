import PurgeModel

/// Compares the clock of this machine with those that write times into Kafka's messages: of control planes, of other
/// producers, or, with `message.timestamp.type=LogAppendTime`, of the brokers.
///
/// Only a message that was waited for tells something: others were in Kafka for nobody knows how long.
struct ClockWatch {
    private struct Sample {
        var theirs: Timestamp
        var heard: ContinuousClock.Instant
    }

    /// The newest last.
    private var samples: [Sample] = []

    /// Fewer say nothing.
    private static let samplesMin = 4
    private static let samplesMax = 8
    /// Messages that come at once may have been late together, as after an outage: they count as one.
    private static let spacing = Duration.seconds(10)

    /// Takes note of a message that came while it was waited for.
    mutating func heard(_ theirs: Timestamp, at now: ContinuousClock.Instant) {
        guard samples.last.map({ $0.heard.duration(to: now) >= Self.spacing }) ?? true else { return }
        samples.append(Sample(theirs: theirs, heard: now))
        if samples.count > Self.samplesMax { samples.removeFirst() }
    }

    /// How far apart they are; nil where too little was heard.
    ///
    /// The clock as it is now: one that was set right is right at once.
    func difference(_ clock: some AgentClock) -> ClockDifference? {
        guard samples.count >= Self.samplesMin else { return nil }
        let now = clock.now
        let instant = clock.instant
        return ClockDifference(
            delays: samples.map { sample in
                now.advanced(by: .zero - sample.heard.duration(to: instant)).duration(since: sample.theirs)
            })
    }
}
