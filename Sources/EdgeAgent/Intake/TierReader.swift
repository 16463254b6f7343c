import Foundation
import Kafka
import Logging
import PurgeModel

/// Reads on `purge.tiers` how far the tier above has got, and tells the queue.
final class TierReader: Sendable {
    private let kafka: KafkaConfiguration
    private let topic: String
    /// The tier above.
    private let tier: String
    /// The own one, where nothing is known to fill from it.
    private let leaf: String?
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

    /// - Parameters:
    ///   - tier: the tier above.
    ///   - leaf: the own tier, where nothing is known to fill from it.
    init(
        _ kafka: KafkaConfiguration, topic: String, tier: String, leaf: String?, queue: PurgeQueue,
        board: AgentStatusBoard,
        clock: any AgentClock, logger: Logger, onRelease: @escaping @Sendable () -> Void
    ) {
        self.kafka = kafka
        self.topic = topic
        self.tier = tier
        self.leaf = leaf
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
        var isFilledFrom = false
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
                case .messages(let messages): if hear(messages) { isFilledFrom = true }
                case .endReached: failure = nil
                case .outOfRange(let partition, _, _): try follower.read(partition, from: .earliest)
                case .lookUpFailed(let error): failure = "\(error)"
                case .error(let error):
                    failure = "\(error)"
                    guard !error.isFatal else { throw error }
                }
            }
            tell(failure, isFilledFrom: isFilledFrom, since: began)
        }
    }

    /// Hands words on; answers whether one of them says that others fill from the own tier.
    private func hear(_ messages: [Message]) -> Bool {
        var (isReleased, isFilledFrom) = (false, false)
        for message in messages {
            guard let key = message.key, let value = message.value,
                key.elementsEqual(tier.utf8) || leaf.map({ key.elementsEqual($0.utf8) }) ?? false
            else { continue }
            do throws(AcknowledgementError) {
                let word = try TierWordCodec.decode(value)
                if word.tier == leaf { isFilledFrom = true }
                if queue.hear(word) { isReleased = true }
            } catch {
                logger.warning(
                    "what is told of the tier above cannot be read",
                    metadata: ["topic": "\(topic)", "offset": "\(message.offset)", "reason": "\(error)"])
            }
        }
        if isReleased { onRelease() }
        return isFilledFrom
    }

    /// Says what people should know of the tier above.
    private func tell(_ failure: String?, isFilledFrom: Bool = false, since began: ContinuousClock.Instant) {
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
        } else if isFilledFrom, let leaf {
            problem =
                "other caches fill from tier \(leaf): set tier.filled_from to true in agent.yaml, or they may keep "
                + "what a purge invalidates here"
        }
        board.set(tierProblem: problem)
    }
}
