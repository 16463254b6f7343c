import Kafka
import Logging
import PurgeModel
import Synchronization
import Threads

/// Reads which letters other agents put into the dead-letter topic, from when it is first asked.
///
/// A member of no group. Where the topic cannot be read, as without the right to, nobody's letters are seen.
final class LetterReader: Sendable {
    private struct Open {
        let consumer: PartitionConsumer
        var follower: TopicFollower
    }

    private struct State {
        var open: Open?
        var backoff = Backoff()
    }

    private let kafka: KafkaConfiguration
    private let topic: String
    private let clock: any AgentClock
    private let logger: Logger
    private let state = Mutex(State())
    private let work = WorkQueue(name: "edge-purge.letters")

    private static let messagesMax = 1000
    private static let lookUpLimit = Duration.milliseconds(500)

    init(_ kafka: KafkaConfiguration, topic: String, clock: any AgentClock, logger: Logger) {
        var kafka = kafka
        // It wants headers only, and gets whole messages.
        if kafka.properties["queued.max.messages.kbytes"] == nil {
            kafka.properties["queued.max.messages.kbytes"] = "1024"
        }
        self.kafka = kafka
        self.topic = topic
        self.clock = clock
        self.logger = logger
    }

    /// Waits for letters, at most so long; nil when the topic cannot be read now.
    func letters(atMost timeout: Duration) async -> [LetterPlace]? {
        do {
            return try await work.run { [self] in try state.withLock { try read(&$0, timeout) } }
        } catch {
            logger.debug("the dead letters of others cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// Ends reading until it is asked again.
    func rest() async {
        // It throws nothing.
        try? await work.run { [self] in state.withLock { Self.close(&$0) } }
    }

    private func read(_ state: inout State, _ timeout: Duration) throws -> [LetterPlace]? {
        if state.open == nil {
            guard state.backoff.isDue(clock.instant) else { return nil }
            try open(&state)
        }
        guard var open = state.open else { return nil }
        defer { if state.open != nil { state.open = open } }
        if case .failed(let error) = open.follower.lookForPartitions(start: { _ in .latest }) { throw error }
        guard !open.follower.assigned.isEmpty else { return nil }
        var places: [LetterPlace] = []
        for event in open.follower.poll(maxMessages: Self.messagesMax, timeout: timeout) {
            switch event {
            case .messages(let messages): places += messages.compactMap(Self.place)
            case .endReached: break
            case .outOfRange(let partition, _, _): try open.follower.read(partition, from: .latest)
            case .lookUpFailed(let error), .error(let error):
                logger.debug("reading the dead letters of others", metadata: ["error": "\(error)"])
                guard error.isFatal else { continue }
                Self.close(&state)
            }
        }
        return places
    }

    private func open(_ state: inout State) throws {
        do {
            let consumer = try PartitionConsumer(kafka, topic: topic, groupID: nil)
            var timing = TopicFollower.Timing()
            timing.lookUpLimit = Self.lookUpLimit
            state.open = Open(consumer: consumer, follower: TopicFollower(consumer, timing: timing))
            state.backoff = Backoff()
        } catch {
            state.backoff.failed(clock.instant)
            throw error
        }
    }

    private static func close(_ state: inout State) {
        state.open?.consumer.close()
        state.open = nil
    }

    /// Which message a letter is about; nil for what is no letter.
    ///
    /// Where all of the message is there, what it is goes before what the letter says that it is.
    private static func place(_ message: Message) -> LetterPlace? {
        guard let letter = DeadLetter(headers: message.headers.map { ($0.name, $0.value) }),
            letter.lost.messages == nil
        else { return nil }
        let isWhole = letter.lost.valueBytes == nil && letter.lost.keyBytes == nil
        let fingerprint =
            isWhole ? DeadLetter.fingerprint(key: message.key, value: message.value) : letter.fingerprint
        return fingerprint.map { LetterPlace(partition: letter.partition, offset: letter.offset, fingerprint: $0) }
    }
}
