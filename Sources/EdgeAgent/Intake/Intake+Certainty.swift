import Kafka
import Logging
import PrometheusText
import PurgeModel

/// Whether what is read is still the topic that was read before: docs/decisions/0014-topics-made-anew.md.
extension Intake {
    /// Whether the topic may be another one after this.
    static func isAlarm(_ event: ConsumerEvent) -> Bool {
        switch event {
        case .message, .endOfPartition, .offsetOutOfRange, .commitFailed: false
        case .partitionCountChanged: true
        case .error(let error): alarmingCodes.contains(error.code)
        }
    }

    /// The topic or a partition is not there, or was out of reach for a while.
    private static let alarmingCodes: Set<KafkaError.Code> = [
        .unknownTopicOrPartition, .unknownTopicLocal, .unknownPartition, .allBrokersDown, .transport, .timedOut,
    ]

    /// Something happened behind which the topic may have been made anew: messages are compared before anything more is
    /// applied.
    ///
    /// What was polled of those partitions comes again after that.
    func alarm(_ run: inout Run) {
        let affected = run.checks.alarm()
        queue.doubt(affected)
        run.unwritten.removeAll { $0.place.map(affected.contains) ?? false }
    }

    /// Seeks partitions to messages that are to be compared.
    func compareDue(_ run: inout Run) throws {
        guard run.unwritten.isEmpty else { return }
        if !run.isPaused { run.checks.passed(to: clock.instant) }
        for partition in run.checks.due {
            let marks = queue.marks(partition)
            // What retention has taken, as of the last fetch, cannot be compared.
            let low = consumer.cachedWatermarks(partition: partition)?.low ?? 0
            let targets = run.checks.targets(partition, marks).filter { $0.offset >= low }
            try compare(
                partition, with: targets.first ?? marks.newest(in: low..<Int64.max), then: targets.dropFirst().first,
                &run)
        }
    }

    /// Reads a partition from a message on that must be the same as before; without one from where it was.
    ///
    /// - Parameter next: what is compared in the same way when that was the same.
    private func compare(
        _ partition: Int32, with mark: MessageMark?, then next: MessageMark? = nil, _ run: inout Run
    ) throws {
        guard let start = mark?.offset ?? queue.nextOffset(partition) else { return }
        try consumer.seek(partition: partition, to: .offset(max(0, start)))
        run.checks.sought(partition, expecting: mark, then: next)
    }

    /// A message was the same as before: compares the next one, or reads on from where reading was.
    func matched(_ mark: MessageMark, _ partition: Int32, _ run: inout Run) throws {
        if let next = run.checks.takeFollowing(partition) {
            try compare(partition, with: next, &run)
            return run.unwritten.removeAll { $0.place == partition }
        }
        let isInDoubt = run.checks.doubts[partition] != nil
        if let next = queue.nextOffset(partition), next > mark.offset + 1, !isInDoubt {
            try consumer.seek(partition: partition, to: .offset(next))
            run.unwritten.removeAll { $0.place == partition }
            queue.trust(partition)
        }
        run.checks.matched(partition, newest: queue.marks(partition).newest)
    }

    /// Asks the brokers about partitions that lack what is next, as they said.
    func lookAtDoubts(_ run: inout Run) throws {
        guard run.unwritten.isEmpty else { return }
        let now = clock.instant
        for (partition, doubt) in run.checks.doubts where doubt.isLookDue(now) {
            run.checks.judge(partition) { $0.lookFailed(now) }
            // Asked first, so that the next question goes to whoever leads now.
            _ = try consumer.partitionCount(timeout: Self.lookTimeout)
            let range = try consumer.watermarks(partition: partition, timeout: Self.lookTimeout)
            let marks = queue.marks(partition)
            switch run.checks.judge(partition, { $0.judge(range, marks: marks, now: clock.instant) }) {
            case .falseAlarm: try resume(partition, doubt, range, &run)
            case .missed: try startAnew(partition, &run)
            case .compare(let mark):
                tell(doubt, range, partition, &run)
                try compare(partition, with: mark, &run)
            case .unsure: tell(doubt, range, partition, &run)
            case nil: break
            }
        }
    }

    /// The offset is there after all: reads on, if what is there is still the same.
    private func resume(_ partition: Int32, _ doubt: OffsetDoubt, _ range: Watermarks, _ run: inout Run) throws {
        let mark = queue.marks(partition).newest(in: range.low..<max(range.low, doubt.offset))
        try compare(partition, with: mark, &run)
        run.checks.settled(partition)
        run.problems.set(nil, of: .doubt(partition))
        tell(&run)
        status.counters.kafkaErrors.increment()
        logger.notice(
            "Kafka called an offset out of range that is there; reading goes on",
            metadata: ["purge.partition": "\(partition)", "purge.offset": "\(doubt.offset)"])
    }

    private func tell(_ doubt: OffsetDoubt, _ range: Watermarks, _ partition: Int32, _ run: inout Run) {
        run.problems.set(
            "partition \(partition) of topic '\(topic)' ends at \(range.high), and \(doubt.offset) is to be read next: "
                + "asking again until it is certain whether purges were missed", of: .doubt(partition))
        tell(&run)
        if run.log.note("doubt", now: clock.instant) {
            logger.warning(
                "a partition is shorter than what was read of it; a broker that hung may say so: asking again",
                metadata: [
                    "purge.partition": "\(partition)", "purge.offset": "\(doubt.offset)", "kafka.high": "\(range.high)",
                ])
        }
    }

    /// Reads a partition of which purges were missed from the beginning of what there is, with a flush in their place.
    func startAnew(_ partition: Int32, _ run: inout Run) throws {
        let range = try consumer.watermarks(partition: partition, timeout: Self.brokerTimeout)
        try missed.startOver(partition, from: queue.nextOffset(partition) ?? 0, available: range)
        queue.doubt([partition])
        try consumer.seek(partition: partition, to: .offset(range.low))
        run.checks.startedAnew(partition)
        run.ends[partition] = nil
        run.unwritten.removeAll { $0.place == partition }
        run.problems.set(nil, of: .doubt(partition))
        tell(&run)
        onArrival()
    }
}
