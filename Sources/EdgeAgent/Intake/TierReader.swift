import Foundation
import Kafka
import Logging
import PurgeModel

/// Reads on `purge.tiers` how far the tier above has got, and tells the queue.
final class TierReader: Sendable {
    private let kafka: KafkaConfiguration
    private let topic: String
    private let tier: String
    private let queue: PurgeQueue
    private let board: AgentStatusBoard
    private let clock: any AgentClock
    private let logger: Logger
    /// Called when purges need not wait any more.
    private let onRelease: @Sendable () -> Void

    private static let messagesMax = 1000
    private static let pollTime = Duration.milliseconds(200)
    /// The pause before a consumer that failed is opened anew, in seconds.
    private static let retryPause = 0.5
    /// Control planes tell at least once a second: silence of so long is told.
    private static let silenceMax = Duration.seconds(10)

    /// - Parameter tier: the tier above.
    init(
        _ kafka: KafkaConfiguration, topic: String, tier: String, queue: PurgeQueue, board: AgentStatusBoard,
        clock: any AgentClock, logger: Logger, onRelease: @escaping @Sendable () -> Void
    ) {
        self.kafka = kafka
        self.topic = topic
        self.tier = tier
        self.queue = queue
        self.board = board
        self.clock = clock
        self.logger = logger
        self.onRelease = onRelease
    }

    /// Reads until the agent stops; blocks its thread.
    func run() {
        let began = clock.instant
        while !board.isStopping {
            do {
                try read(since: began)
            } catch {
                logger.debug("the tier above is not read", metadata: ["topic": "\(topic)", "error": "\(error)"])
                tell("\(error)", since: began)
                Thread.sleep(forTimeInterval: Self.retryPause)
            }
        }
    }

    private func read(since began: ContinuousClock.Instant) throws {
        let consumer = try PartitionConsumer(kafka, topic: topic, groupID: nil)
        defer { consumer.close() }
        var follower = TopicFollower(consumer)
        var failure: String?
        while !board.isStopping {
            switch follower.lookForPartitions(start: { _ in .earliest }) {
            case .nothing: break
            case .partitions: failure = nil
            case .topicMissing:
                failure = "topic \(topic) does not exist; create it with: edge-purge topics create"
            case .fewer: return
            case .failed(let error): failure = "\(error)"
            }
            for event in follower.poll(maxMessages: Self.messagesMax, timeout: Self.pollTime) {
                switch event {
                case .messages(let messages): hear(messages)
                case .endReached: failure = nil
                case .outOfRange(let partition, _, _): try follower.read(partition, from: .earliest)
                case .lookUpFailed(let error): failure = "\(error)"
                case .error(let error):
                    failure = "\(error)"
                    guard !error.isFatal else { throw error }
                }
            }
            tell(failure, since: began)
        }
    }

    private func hear(_ messages: [Message]) {
        var isReleased = false
        for message in messages where message.key.map({ $0.elementsEqual(tier.utf8) }) ?? false {
            guard let value = message.value else { continue }
            do throws(AcknowledgementError) {
                if queue.hear(try TierWordCodec.decode(value)) { isReleased = true }
            } catch {
                logger.warning(
                    "what is told of the tier above cannot be read",
                    metadata: ["topic": "\(topic)", "offset": "\(message.offset)", "reason": "\(error)"])
            }
        }
        if isReleased { onRelease() }
    }

    /// Says what people should know of the tier above.
    private func tell(_ failure: String?, since began: ContinuousClock.Instant) {
        guard let standing = queue.tier else { return }
        let silence = (standing.heardAt ?? began).duration(to: clock.instant)
        var problem: String?
        if let told = standing.problem {
            problem = "purges do not wait for tier \(tier), from which this cache fills: \(QuotedValue(told))"
        } else if silence >= Self.silenceMax {
            let why = failure.map { ": \($0)" } ?? "; is a control plane running that writes \(topic)?"
            problem =
                "\(standing.waiting) purges wait for tier \(tier), of which nobody has told for "
                + "\(silence.components.seconds) s\(why)"
        }
        board.set(tierProblem: problem)
    }
}
