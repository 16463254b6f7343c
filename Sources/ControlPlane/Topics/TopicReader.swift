import Foundation
import Kafka
import Logging
import Synchronization
import Threads

/// Reads every partition of one topic from a start to whatever comes, on a thread of its own, and never gives up.
///
/// It belongs to no consumer group and commits nothing: several control planes read the same topics side by side, and a
/// restart reads them again.
final class TopicReader: Sendable {
    /// What one poll brought.
    struct Batch {
        /// Messages in the order of their partitions.
        var messages: [Message] = []
        /// Partitions whose end had not been reached before this batch: their messages may be old.
        var replaying: Set<Int32> = []
        /// Where partitions ended whose end was reached with the messages of this batch.
        var ends: [Int32: Int64] = [:]
        /// Partitions that end, here, before what was read of them: the topic was made anew, and its messages come in
        /// later batches.
        var startedOver: [Int32: Int64] = [:]
        /// Whether, with this batch, every partition has been read to its end once.
        var isCaughtUp = false

        var isEmpty: Bool { messages.isEmpty && ends.isEmpty && startedOver.isEmpty }
    }

    private struct Locked {
        var consumer: PartitionConsumer?
        /// Offsets below these have been handled.
        var handledTo: [Int32: Int64] = [:]
        /// The partitions that are read.
        var assigned: Set<Int32> = []
        var isStopped = false
        var problem: String?
        var nextWarning = ContinuousClock.now
        var lag: Int64 = 0
        /// Partitions that are to be read from their beginning.
        var anew: Set<Int32> = []
        /// Whether there are partitions that are not read yet.
        var isLookDue = false
    }

    /// An outage gives many errors; this often one of them is logged.
    private static let warningInterval: Duration = .seconds(10)
    /// The pause before a failed step is tried again.
    private static let retryPause: Duration = .milliseconds(500)
    /// How long a broker may take to say where a partition ends.
    private static let lookUpLimit: Duration = .seconds(1)
    /// So many looks in a row have to find fewer partitions than are read: a broker that has not heard of those that
    /// were added says so, too.
    private static let fewerLooksMin = 3

    private let configuration: KafkaConfiguration
    private let topic: String
    private let logger: Logger
    private let startOffset: @Sendable (PartitionConsumer, Int32) -> StartOffset
    private let handle: @Sendable (Batch) -> Set<Int32>
    private let onHint: @Sendable () -> Void
    private let timing: TopicFollower.Timing
    private let locked: Mutex<Locked>
    private let questions = WorkQueue(name: "edge-purge.topic-questions")

    /// Prepares a reader; nothing happens before ``run()``.
    /// - Parameters:
    ///   - configuration: the cluster.
    ///   - topic: the topic; it need not exist yet.
    ///   - logger: for what an operator should know.
    ///   - startOffset: where to begin in a partition. Called on the reader's thread; may ask the broker.
    ///   - timing: how it looks for partitions.
    ///   - onHint: called when the topic may have been made anew: it, or all brokers, were away. From the reader's
    ///     thread.
    ///   - handle: takes the messages, and answers which partitions are another topic's by them, to be read from their
    ///     beginning. Called on the reader's thread, one batch at a time.
    init(
        configuration: KafkaConfiguration, topic: String, logger: Logger,
        timing: TopicFollower.Timing = TopicFollower.Timing(),
        startOffset: @escaping @Sendable (PartitionConsumer, Int32) -> StartOffset = { _, _ in .earliest },
        onHint: @escaping @Sendable () -> Void = {},
        handle: @escaping @Sendable (Batch) -> Set<Int32>
    ) {
        self.configuration = configuration
        self.topic = topic
        self.logger = logger
        self.timing = timing
        self.startOffset = startOffset
        self.onHint = onHint
        self.handle = handle
        locked = Mutex(Locked(problem: "topic \(topic) has not been read to its end yet"))
    }

    /// Why the topic is not read now; nil when it is, or was read to its end.
    var problem: String? { locked.withLock { $0.problem } }

    /// Messages that are in Kafka and were not read yet, as far as the last fetches told.
    var lag: Int64 { locked.withLock { $0.lag } }

    /// The partitions that are read.
    var assigned: Set<Int32> { locked.withLock { $0.assigned } }

    /// Whether every message that is in a partition now has been handled; false when the broker does not answer.
    func hasReadAll(of partition: Int32, timeout: Duration) async -> Bool {
        // The question blocks for as long as the broker needs; there is one at a time.
        let answer = try? await questions.run { [self] in
            let consumer = locked.withLock { $0.consumer }
            let end = try consumer?.watermarks(partition: partition, timeout: timeout).high
            let handledTo = locked.withLock { $0.handledTo[partition] }
            return end.map { handledTo ?? 0 >= $0 } ?? false
        }
        return answer ?? false
    }

    /// Reads until ``stop()``.
    func run() async {
        while !isStopped {
            do {
                return try await DedicatedThread.run(name: "read \(topic)") { self.readUntilStopped() }
            } catch {
                report("\(error)")
                try? await Task.sleep(for: Self.retryPause)
            }
        }
    }

    /// Reads partitions from their beginning soon, as those of a topic that was made anew; can be called from anywhere.
    func readAnew(_ partitions: Set<Int32>) {
        let consumer = locked.withLock { locked in
            locked.anew.formUnion(partitions)
            return locked.consumer
        }
        consumer?.wakeUp()
    }

    /// Looks for new partitions soon: somebody knows of one.
    ///
    /// Can be called from anywhere.
    func lookForPartitions() {
        let consumer = locked.withLock { locked in
            locked.isLookDue = true
            return locked.consumer
        }
        consumer?.wakeUp()
    }

    /// Makes ``run()`` return soon; can be called at any time from anywhere.
    func stop() {
        let consumer = locked.withLock { locked in
            locked.isStopped = true
            return locked.consumer
        }
        consumer?.wakeUp()
    }

    private var isStopped: Bool { locked.withLock { $0.isStopped } }

    // MARK: On the reader's thread

    private func readUntilStopped() {
        var progress = ReadProgress()
        while !isStopped {
            do {
                let consumer = try PartitionConsumer(configuration, topic: topic, groupID: nil)
                defer { consumer.close() }
                locked.withLock { $0.consumer = consumer }
                defer { locked.withLock { $0.consumer = nil } }
                try read(with: consumer, &progress)
            } catch {
                // Only a consumer that is beyond repair, or has partitions that are gone, ends up here; the next one
                // starts where this one was.
                report("\(error)")
                Thread.sleep(forTimeInterval: 0.5)
            }
        }
    }

    private func read(with consumer: PartitionConsumer, _ progress: inout ReadProgress) throws {
        var follower = TopicFollower(consumer, timing: timing)
        while !isStopped {
            let hasFewer = lookForPartitions(&follower, consumer: consumer, progress: &progress)
            guard !hasFewer else {
                progress.lost()
                throw FewerPartitions(topic: topic)
            }
            var batch = Batch(replaying: progress.replaying)
            let wasCaughtUp = progress.isCaughtUp
            var restarting: Set<Int32> = []
            var fatal: KafkaError?
            for event in follower.poll(maxMessages: 1000, timeout: Self.retryPause) {
                switch event {
                case .messages(let messages):
                    batch.messages += messages
                    for message in messages { progress.next[message.partition] = message.offset + 1 }
                case .endReached(let partition, let offset):
                    progress.reachEnd(of: partition)
                    progress.next[partition] = max(offset, progress.next[partition] ?? 0)
                    batch.ends[partition] = offset
                case .outOfRange(let partition, let offset, let ends):
                    note(gapIn: partition, at: offset, ends: ends, progress: &progress, batch: &batch)
                    restarting.insert(partition)
                case .lookUpFailed(let error): report("topic \(topic) cannot be read: \(error)")
                case .error(let error):
                    report("\(error)")
                    if Self.isHint(error) { onHint() }
                    if error.isFatal { fatal = error }
                }
            }
            if follower.takeChange() { onHint() }
            restarting.formUnion(startAnew(consumer, follower, &progress, &batch))
            batch.isCaughtUp = progress.isCaughtUp
            note(lagOf: progress, follower.assigned, consumer)
            if !batch.isEmpty || batch.isCaughtUp != wasCaughtUp {
                for partition in handle(batch) {
                    logger.notice(
                        "the topic was made anew: another message is at an offset that was read before",
                        metadata: ["topic": "\(topic)", "partition": "\(partition)"])
                    progress.next[partition] = 0
                    restarting.insert(partition)
                }
            }
            locked.withLock { ($0.handledTo, $0.assigned) = (progress.next, follower.assigned) }
            if let fatal { throw fatal }
            // Only now: were the batch lost by a failure here, nobody would know that the topic was made anew.
            for partition in restarting { try follower.read(partition, from: .earliest) }
            if progress.isCaughtUp, !follower.isStandingStill { report(nil) }
        }
    }

    /// Begins with the partitions that others found to be of another topic; what was just polled of them is dropped.
    /// - Returns: those that are to be read from their beginning now.
    private func startAnew(
        _ consumer: PartitionConsumer, _ follower: borrowing TopicFollower, _ progress: inout ReadProgress,
        _ batch: inout Batch
    ) -> Set<Int32> {
        let asked = locked.withLock { $0.anew }.intersection(follower.assigned)
        var begun: Set<Int32> = []
        for partition in asked {
            // Without an answer it is tried again in the next round.
            guard let ends = try? consumer.watermarks(partition: partition, timeout: Self.lookUpLimit) else { continue }
            logger.notice(
                "the topic was made anew; it is read from its beginning",
                metadata: ["topic": "\(topic)", "partition": "\(partition)"])
            batch.messages.removeAll { $0.partition == partition }
            batch.ends[partition] = nil
            batch.startedOver[partition] = ends.high
            progress.next[partition] = ends.low
            begun.insert(partition)
        }
        locked.withLock { $0.anew.subtract(begun) }
        return begun
    }

    /// Whether an error may mean that the topic was deleted and made anew.
    private static func isHint(_ error: KafkaError) -> Bool {
        switch error.code {
        case .unknownTopicOrPartition, .unknownTopicLocal, .unknownPartition, .allBrokersDown: true
        default: false
        }
    }

    /// Notes why a partition does not have the next offset: retention has passed it, or the topic was made anew.
    private func note(
        gapIn partition: Int32, at offset: Int64, ends: Watermarks, progress: inout ReadProgress,
        batch: inout Batch
    ) {
        let isAnew = ends.high < offset
        logger.notice(
            isAnew
                ? "the topic was made anew: it ends before what was read of it"
                : "purges before the start of the topic are not tracked any more",
            metadata: ["topic": "\(topic)", "partition": "\(partition)", "offset": "\(offset)"])
        guard isAnew else { return }
        batch.startedOver[partition] = ends.high
        progress.next[partition] = ends.low
    }

    private func note(lagOf progress: ReadProgress, _ assigned: Set<Int32>, _ consumer: PartitionConsumer) {
        let lag = assigned.reduce(into: Int64(0)) { sum, partition in
            // What has not been read from at all is behind by all there is.
            guard let ends = consumer.cachedWatermarks(partition: partition) else { return }
            sum += max(0, ends.high - (progress.next[partition] ?? ends.low))
        }
        locked.withLock { $0.lag = lag }
    }

    /// Looks for partitions when it is time; answers whether it is certain that some are gone.
    private func lookForPartitions(
        _ follower: inout TopicFollower, consumer: PartitionConsumer, progress: inout ReadProgress
    ) -> Bool {
        let isDue = locked.withLock { locked in
            defer { locked.isLookDue = false }
            return locked.isLookDue
        }
        let found = follower.lookForPartitions(isDue: isDue) { partition in
            progress.next[partition].map { .offset($0) } ?? startOffset(consumer, partition)
        }
        switch found {
        case .nothing: break
        case .partitions(let partitions): progress.assign(partitions)
        case .fewer(let looks):
            onHint()
            return looks >= Self.fewerLooksMin
        case .topicMissing:
            if !follower.assigned.isEmpty { onHint() }
            report("topic \(topic) does not exist; create it with: edge-purge topics create")
        case .failed(let error): report("topic \(topic) cannot be read: \(error)")
        }
        return false
    }

    /// Keeps the reason for `/readyz`, and logs it, but not each of the many errors of one outage.
    private func report(_ problem: String?) {
        let isLogged = locked.withLock { locked in
            locked.problem = problem
            guard problem != nil, locked.nextWarning <= .now else { return false }
            locked.nextWarning = .now + Self.warningInterval
            return true
        }
        if isLogged, let problem { logger.warning("\(problem)", metadata: ["topic": "\(topic)"]) }
    }
}

/// Partitions are gone that were read.
///
/// Kafka takes none away: the topic was made anew with fewer.
/// A consumer that has read a partition which went away may never read it again when it comes back; a new one does.
private struct FewerPartitions: Error, CustomStringConvertible {
    let topic: String

    var description: String {
        "topic \(topic) has fewer partitions than were read: it was made anew, and those that are there are read on"
    }
}

/// How far one topic has been read.
private struct ReadProgress {
    /// Partitions whose end has not been reached yet.
    private(set) var replaying: Set<Int32> = []
    /// The next offset of each partition that was read from.
    var next: [Int32: Int64] = [:]
    /// Whether all partitions there were at the start have been at their end once.
    private(set) var isCaughtUp = false

    /// The consumer reads these partitions now.
    ///
    /// What is in one that is made later is new.
    mutating func assign(_ partitions: some Sequence<Int32>) {
        if !isCaughtUp { replaying.formUnion(partitions) }
    }

    /// Partitions are gone, nobody knows which: those that are there are assigned again.
    mutating func lost() { replaying = [] }

    /// A partition has been read to its end.
    mutating func reachEnd(of partition: Int32) {
        replaying.remove(partition)
        if replaying.isEmpty { isCaughtUp = true }
    }
}
