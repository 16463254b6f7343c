import CRdKafka
import Synchronization
import Threads

/// Creates topics, looks them up, and changes their properties.
///
/// Blocking work runs on threads of its own; all of it ends with the last reference.
package final class KafkaAdmin: Sendable {
    private let client: ClientHandle
    private let thread: PollingThread

    /// Creates a client; it connects on its own and does not wait for a broker.
    package init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        client = try ClientHandle(.admin, configuration)
        thread = try PollingThread(client, name: "kafka-admin")
    }

    deinit { thread.stop(waking: client) }

    /// Creates topics; one that is there already is left as it is.
    ///
    /// - Returns: what became of each, in the given order.
    /// - Throws: the first failure; topics named before or after it may have been created.
    package func createTopics(
        _ topics: [TopicSpecification],
        timeout: Duration = .seconds(30)
    ) async throws(KafkaError) -> [(name: String, outcome: TopicOutcome)] {
        guard !topics.isEmpty else { return [] }
        let call = try TopicCreation(topics, timeout: timeout)
        return try await ask { client throws(KafkaError) in try call.perform(client) }
    }

    /// Number of partitions; nil when the topic does not exist.
    package func partitionCount(
        _ topic: String,
        timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> Int? {
        try await ask { client throws(KafkaError) in
            try TopicMetadata.partitionCount(of: topic, with: client, timeout: timeout)
        }
    }

    /// What the cluster says of topics, by name; those that do not exist are left out.
    ///
    /// - Throws: when no broker answers. A cluster that does not tell the properties is no error: see
    ///   ``TopicDescription/properties``.
    package func describe(
        _ topics: [String], timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> [String: TopicDescription] {
        try await ask { client throws(KafkaError) in
            var sizes: [String: (partitions: Int, replicas: Int, broker: Int32)] = [:]
            for topic in topics {
                sizes[topic] = try TopicMetadata.size(of: topic, with: client, timeout: timeout)
            }
            guard let broker = sizes.first?.value.broker else { return [:] }
            var answers: [String: Result<TopicProperties.Answer, KafkaError>] = [:]
            var failure: KafkaError?
            do throws(KafkaError) {
                answers = try TopicProperties(timeout: timeout).read(
                    sizes.keys.sorted(), broker: broker, with: client)
            } catch {
                failure = error
            }
            var found: [String: TopicDescription] = [:]
            for (topic, size) in sizes {
                let answer =
                    answers[topic]
                    ?? .failure(
                        failure ?? KafkaError(code: .failed, message: "no answer about topic \"\(topic)\""))
                found[topic] = TopicDescription(
                    name: topic, partitions: size.partitions, replicas: size.replicas,
                    properties: answer.map(\.all), ownProperties: (try? answer.get())?.own ?? [:])
            }
            return found
        }
    }

    /// Sets properties of a topic that was described; its other own ones stay as they were then.
    package func set(
        _ properties: [String: String], of topic: TopicDescription, timeout: Duration = .seconds(30)
    ) async throws(KafkaError) {
        let all = topic.ownProperties.merging(properties) { $1 }
        try await ask { client throws(KafkaError) in
            try TopicProperties(timeout: timeout).write(all, of: topic.name, with: client)
        }
    }

    /// Deletes topics; those that are not there are no error.
    package func delete(topics: [String], timeout: Duration = .seconds(10)) async throws(KafkaError) {
        let removal = TopicRemoval(topics: topics, timeout: timeout)
        try await ask { client throws(KafkaError) in try removal.perform(client) }
    }

    /// Asks the cluster on a thread of its own.
    ///
    /// - Throws: what `body` throws; where no broker could be asked, why, as far as the client has found that out: a
    ///   password or a certificate that was refused.
    private func ask<R: Sendable>(
        _ body: @escaping @Sendable (ClientHandle) throws(KafkaError) -> R
    ) async throws(KafkaError) -> R {
        try await DedicatedThread.run(name: "kafka-admin-op", noThread: KafkaError.noThread) {
            [client] () throws(KafkaError) in
            do throws(KafkaError) {
                return try body(client)
            } catch {
                guard [.transport, .timedOut, .allBrokersDown].contains(error.code) else { throw error }
                for case .error(let reason) in client.callbacks.takeEvents().reversed()
                where KafkaError.Code.telling.contains(reason.code) {
                    throw reason
                }
                throw error
            }
        }
    }
}
