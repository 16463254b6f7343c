import CRdKafka
import Synchronization
import Threads

/// The thread on which a client without a poll of its own gets its callbacks.
///
/// It holds the client until `stop`; so, for a producer, reports are served as long as there can be any.
final class PollingThread: Sendable {
    /// Only a safety net: `stop` wakes the thread at once.
    private static let pollMilliseconds: Int32 = 1000

    private final class Flag: Sendable { let isSet = Atomic<Bool>(false) }
    private let stopping = Flag()

    init(_ client: ClientHandle, name: String) throws(KafkaError) {
        do throws(ThreadError) {
            try DedicatedThread.start(name: name) { [stopping] in
                while !stopping.isSet.load(ordering: .acquiring) {
                    // Blocks until there is something to serve.
                    client.withClient { client in _ = unsafe rd_kafka_poll(client, Self.pollMilliseconds) }
                }
                client.withClient { client in
                    while unsafe rd_kafka_poll(client, 0) > 0 {}
                }
            }
        } catch {
            throw KafkaError.noThread(error)
        }
    }

    /// Ends the thread soon; `client` is the one it polls.
    func stop(waking client: ClientHandle) {
        stopping.isSet.store(true, ordering: .releasing)
        client.yieldQueue()
    }
}
