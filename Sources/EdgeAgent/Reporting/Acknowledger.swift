import Kafka
import Logging
import PrometheusText
import PurgeModel
import Synchronization

/// Publishes the agent's whole state to the acknowledgement topic: when something changed, and at least once a second.
final class Acknowledger: Sendable {
    private let topic: String
    private let producer: Producer
    private let reporter: AgentReporter
    private let logger: Logger
    private let changes: Signal
    private let fence: Fence
    private let isFailing = Mutex(false)
    /// Single purges told by one acknowledgement: fewer where the cluster takes only smaller messages.
    private let purgesMax = Mutex(AgentReporter.purgesMax)

    /// Changes within this time of the last message wait for one message more.
    private static let coalescing = Duration.milliseconds(3)
    private static let heartbeat = Duration.seconds(1)

    /// - Parameter changes: set when something changed that an acknowledgement tells.
    init(
        topic: String, producer: Producer, reporter: AgentReporter, fence: Fence, changes: Signal, logger: Logger
    ) {
        self.topic = topic
        self.producer = producer
        self.reporter = reporter
        self.fence = fence
        self.changes = changes
        self.logger = logger
    }

    /// How the agent is, in one line for people.
    var summary: String {
        let (status, problem) = (reporter.status.rawValue, reporter.board.problem)
        let reason = fence.word.reason.map { " (\($0.text))" } ?? ""
        return status + reason + (problem.map { ": \($0)" } ?? "")
    }

    /// Publishes until the task is cancelled.
    ///
    /// - Throws: `KafkaError` that no try can overcome; the agent has to start anew.
    func run() async throws(KafkaError) {
        var last: ContinuousClock.Instant?
        while !Task.isCancelled {
            await changes.wait(atMost: Self.heartbeat)
            if let last { try? await Task.sleep(until: last + Self.coalescing) }
            last = .now
            try await publish()
        }
    }

    /// Publishes the state as it is now.
    ///
    /// A failure is logged once; the next change or heartbeat says all of it again.
    func publish() async throws(KafkaError) {
        // Both are taken before what is sent is put together: then the lease is never too long, and no older word is
        // taken for a newer.
        let (sentAt, version) = (reporter.clock.instant, fence.word.version)
        let (acknowledgement, toldTo, isWhole) = reporter.report(purgesMax: purgesMax.withLock { $0 })
        do throws(KafkaError) {
            _ = try await producer.send(
                topic: topic, key: Array(acknowledgement.agent.utf8),
                value: AcknowledgementCodec.encode(acknowledgement)
            )
            fence.acknowledged(sentAt: sentAt, version: version)
            reporter.board.told(purges: toldTo)
            reporter.board.counters.acknowledged(at: reporter.clock.now)
            reporter.board.set(reportProblem: nil)
            // The rest follows at once.
            if !isWhole, purgesMax.withLock({ $0 > 0 }) { changes.set() }
            if isFailing.withLock({ $0.exchange(false) }) { logger.notice("acknowledging again") }
        } catch {
            reporter.board.counters.acknowledgementFailures.increment()
            reporter.board.set(reportProblem: Self.problem(error, topic: topic))
            if error.isFatal { throw error }
            if error.code == .messageTooLarge { purgesMax.withLock { $0 /= 2 } }
            guard !isFailing.withLock({ $0.exchange(true) }) else { return }
            logger.warning("could not acknowledge; trying again", metadata: ["error": "\(error)"])
        }
    }

    private static func problem(_ error: KafkaError, topic: String) -> String {
        let remedy =
            switch error.code {
            case .messageTooLarge:
                "; the topic takes only small messages: set its max.message.bytes to 1000000 or more"
            case .topicAuthorizationFailed, .clusterAuthorizationFailed: "; the agent needs the right to write to it"
            case .unknownTopicLocal, .unknownTopicOrPartition, .unknownPartition:
                "; create it with 'edge-purge topics create'"
            default: ""
            }
        return "nobody hears this agent: it cannot write to topic '\(topic)': \(error)\(remedy)"
    }
}

extension Bool {
    /// Sets a new value and returns the old one.
    fileprivate mutating func exchange(_ new: Bool) -> Bool {
        defer { self = new }
        return self
    }
}
