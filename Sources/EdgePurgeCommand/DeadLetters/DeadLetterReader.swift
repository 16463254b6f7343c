import Kafka
import PurgeModel
import Threads

/// Reads the topic of dead letters from its beginning to its end.
struct DeadLetterReader: Sendable {
    /// The cluster.
    var kafka: KafkaConfiguration
    /// The topic.
    var topic: String

    /// No message and no end for this long: the cluster cannot be read.
    private static let silenceLimit: Duration = .seconds(30)
    private static let brokerTimeout: Duration = .seconds(10)

    /// Reads all there is now.
    ///
    /// - Throws: `CommandFailure` when the topic is not there or the cluster does not answer.
    func read() async throws -> DeadLetterShelf {
        try await DedicatedThread.run(name: "dead-letters") { try readBlocking() }
    }

    private func readBlocking() throws -> DeadLetterShelf {
        do {
            let consumer = try PartitionConsumer(kafka, topic: topic, groupID: nil)
            defer { consumer.close() }
            var timing = TopicFollower.Timing()
            timing.lookUpLimit = Self.brokerTimeout
            var follower = TopicFollower(consumer, timing: timing)
            switch follower.lookForPartitions(start: { _ in .earliest }) {
            case .topicMissing:
                throw CommandFailure(
                    "topic \(topic) does not exist on \(kafka.bootstrapServers); name it with "
                        + "--set topics.dead_letters=…, or create it with `edge-purge topics create`")
            case .failed(let error): throw error
            case .nothing, .partitions, .fewer: return try read(&follower)
            }
        } catch let error as KafkaError {
            throw CommandFailure("topic \(topic) on \(kafka.bootstrapServers) cannot be read: \(error)")
        }
    }

    private func read(_ follower: inout TopicFollower) throws -> DeadLetterShelf {
        var shelf = DeadLetterShelf()
        var ended: Set<Int32> = []
        var deadline = ContinuousClock.now + Self.silenceLimit
        var lastError: KafkaError?
        while ended.count < follower.assigned.count {
            for event in follower.poll(maxMessages: 1000, timeout: .milliseconds(500)) {
                switch event {
                case .messages(let messages): messages.forEach { shelf.add($0) }
                case .endReached(let partition, _): ended.insert(partition)
                // The oldest were deleted between looking them up and fetching them.
                case .outOfRange(let partition, _, _): try follower.read(partition, from: .earliest)
                case .lookUpFailed(let error), .error(let error):
                    lastError = error
                    continue
                }
                deadline = .now + Self.silenceLimit
            }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    "topic \(topic) on \(kafka.bootstrapServers) did not answer within "
                        + "\(DurationText.text(Self.silenceLimit))" + (lastError.map { ": \($0)" } ?? ""))
            }
        }
        return shelf
    }
}
