import Kafka
import Logging
import PurgeModel

/// Puts messages that cannot be understood into the dead-letter topic, with the reason.
///
/// They stay in the queue until they are there.
struct DeadLetterSender: Sendable {
    let agent: String
    let topic: String
    let producer: Producer
    let queue: PurgeQueue
    let database: AgentDatabase
    let status: AgentStatusBoard
    let logger: Logger
    /// Yields when there may be rejected messages.
    let arrivals: Signal

    private static let retryDelay = Duration.seconds(1)

    /// Sends until the task is cancelled.
    func run() async throws {
        while !Task.isCancelled {
            guard let key = queue.takeRejected() else {
                await arrivals.wait(atMost: nil)
                continue
            }
            do {
                // Else it would be sent with every try.
                try database.checkSpace()
                guard let message = try queue.message(key), let error = Self.refusal(of: message) else { continue }
                try await send(message, error: error, key: key)
                try database.write { queue.complete(key, into: &$0) }
                queue.completed([key])
                status.deadLettered()
                logger.warning(
                    "a message is no purge event; it is in the dead-letter topic",
                    metadata: [
                        "purge.partition": "\(key.partition)", "purge.offset": "\(key.offset)", "reason": "\(error)",
                    ]
                )
            } catch {
                queue.reject(key)
                if let error = error as? KafkaError, error.isFatal { throw error }
                if let damage = StoreFailure(damage: error) { throw damage }
                logger.warning("could not send a dead letter; trying again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: Self.retryDelay)
            }
        }
    }

    private static func refusal(of message: QueuedMessage) -> PurgeEventError? {
        do throws(PurgeEventError) {
            _ = try message.decoded()
            return nil
        } catch {
            return error
        }
    }

    private func send(_ message: QueuedMessage, error: PurgeEventError, key: QueueKey) async throws {
        let letter = DeadLetter(error: error, partition: key.partition, offset: key.offset, agent: agent)
        let headers = message.headers + letter.headers.map { Header(name: $0.name, value: $0.value) }
        do throws(KafkaError) {
            _ = try await producer.send(topic: topic, key: message.key, value: message.value, headers: headers)
        } catch {
            guard error.code == .messageTooLarge else { throw error }
            // The topic does not take it whole; its place, its size and the reason are worth more than nothing.
            let note = Header(name: "edge-purge-value-bytes", value: Array("\(message.value?.count ?? 0)".utf8))
            _ = try await producer.send(topic: topic, key: message.key, value: nil, headers: headers + [note])
        }
    }
}
