import CRdKafka
import Synchronization
import Threads

/// Creates topics and looks them up.
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
        return try await DedicatedThread.run(name: "kafka-admin-op", noThread: KafkaError.noThread) {
            [client] () throws(KafkaError) in
            try call.perform(client)
        }
    }

    /// Number of partitions; nil when the topic does not exist.
    package func partitionCount(
        _ topic: String,
        timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> Int? {
        try await DedicatedThread.run(name: "kafka-admin-op", noThread: KafkaError.noThread) {
            [client] () throws(KafkaError) in
            try TopicMetadata.partitionCount(of: topic, with: client, timeout: timeout)
        }
    }
}
