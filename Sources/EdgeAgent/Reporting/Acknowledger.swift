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
        let acknowledgement = reporter.acknowledgement()
        do throws(KafkaError) {
            _ = try await producer.send(
                topic: topic, key: Array(acknowledgement.agent.utf8),
                value: AcknowledgementCodec.encode(acknowledgement)
            )
            fence.acknowledged(sentAt: sentAt, version: version)
            reporter.board.told(purges: acknowledgement.counts.purges)
            reporter.board.counters.acknowledged(at: reporter.clock.now)
            if isFailing.withLock({ $0.exchange(false) }) { logger.notice("acknowledging again") }
        } catch {
            reporter.board.counters.acknowledgementFailures.increment()
            if error.isFatal { throw error }
            guard !isFailing.withLock({ $0.exchange(true) }) else { return }
            logger.warning("could not acknowledge; trying again", metadata: ["error": "\(error)"])
        }
    }
}

extension Bool {
    /// Sets a new value and returns the old one.
    fileprivate mutating func exchange(_ new: Bool) -> Bool {
        defer { self = new }
        return self
    }
}
