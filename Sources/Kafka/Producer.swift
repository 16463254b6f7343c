internal import CRdKafka
internal import Dispatch
internal import Synchronization
internal import Threads

/// Writes messages, each confirmed by all in-sync copies, without duplicates by retries and in order per partition.
///
/// Delivery reports arrive on a thread of its own. `send` never blocks its thread: what does not fit into the local
/// queue (`queue.buffering.max.messages`, `queue.buffering.max.kbytes`) is the retriable error `.queueFull`.
package final class Producer: Sendable {
    /// How long `close` waits for librdkafka's own threads after the flush.
    private static let destroyLimit = Duration.seconds(10)

    private struct Running: Sendable {
        let client: ClientHandle
        let thread: PollingThread
    }

    private let running: Mutex<Running?>
    private let destroyed: DispatchGroup
    private let deliveries: PendingDeliveries

    /// Creates a producer; it connects on its own and does not wait for a broker.
    ///
    /// Defaults that `properties` may change: `message.timeout.ms` 10000, `linger.ms` 1, `partitioner` murmur2_random.
    ///
    /// - Throws: `.invalidArgument` naming the property that is unknown or has a bad value.
    package init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        let client = try ClientHandle(.producer, configuration)
        let thread = try PollingThread(client, name: "kafka-producer")
        destroyed = client.destroyed
        deliveries = client.callbacks.deliveries
        running = Mutex(Running(client: client, thread: thread))
    }

    deinit {
        // No send can be waiting: it would hold the producer.
        if let running = running.withLock({ $0.take() }) { Self.stop(running) }
    }

    /// Sends waiting for their delivery report.
    package var pendingCount: Int { deliveries.count }

    /// Looks a topic up ahead of time, so that the first message for it need not wait for that (up to a second).
    ///
    /// - Returns: whether the topic exists.
    package func prepare(topic: String, timeout: Duration = .seconds(10)) async throws(KafkaError) -> Bool {
        guard let client = running.withLock({ $0?.client }) else { throw .closed("the producer") }
        return try await DedicatedThread.run(name: "kafka-prepare", noThread: KafkaError.noThread) {
            () throws(KafkaError) in
            try TopicMetadata.partitionCount(of: topic, client, timeout: timeout) != nil
        }
    }

    /// Writes one message and returns where it lies, after all in-sync copies have it.
    ///
    /// Cancelling the task does not take the message back; the wait ends after `message.timeout.ms` at the latest.
    /// After an error other than `.queueFull`, `.messageTooLarge` and `.invalidArgument` the message may still have
    /// been written.
    ///
    /// - Parameters:
    ///   - value: nil writes a tombstone.
    ///   - partition: nil lets the key decide (any partition without a key).
    ///   - timestamp: what it says of its time, in milliseconds since 1970; nil: now.
    /// - Throws: `.messageTimedOut`, `.unknownTopicLocal`, `.unknownPartition`, `.queueFull`, `.messageTooLarge`,
    ///   `.closed`, `.purgedFromQueue` and `.purgedInFlight` (closed before it was delivered), or the broker's error.
    package func send(
        topic: String,
        key: [UInt8]?,
        value: [UInt8]?,
        headers: [Header] = [],
        partition: Int32? = nil,
        timestamp: Int64? = nil
    ) async throws(KafkaError) -> Delivery {
        let topic = try topic.checkedTopicName()
        if let partition, partition < 0 { throw .invalidArgument("partition \(partition) is negative") }
        for header in headers { _ = try header.name.checkedForC("the name of a header") }
        let result = await withCheckedContinuation { (continuation: PendingDeliveries.Continuation) in
            guard let client = running.withLock({ $0?.client }) else {
                return continuation.resume(returning: .failure(.closed("the producer")))
            }
            // Registered while the client is held: its end resumes whatever is registered until then.
            let number = deliveries.add(continuation)
            let error = client.withClient { client in
                unsafe ProduceCall(
                    topic: topic, key: key, value: value, headers: headers, partition: partition, timestamp: timestamp
                ).perform(client, number: number)
            }
            if let error { deliveries.resolve(number, with: .failure(error)) }
        }
        return try result.get()
    }

    /// Fails every send that waits for its report, with `.purgedFromQueue` or `.purgedInFlight`; later ones are not
    /// touched.
    ///
    /// A message that was in flight may still have been written.
    package func failPending() {
        running.withLock({ $0?.client })?.withClient { client in
            _ = unsafe rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        }
    }

    /// Ends the producer: waits up to `flushing` for messages on their way, then fails the rest.
    ///
    /// Blocks the calling thread that long and a moment more; every send has returned or is about to when it
    /// returns. Calling it again waits for the first call. `closeGracefully` is the same without blocking.
    package func close(flushing: Duration) {
        if let running = running.withLock({ $0.take() }) {
            running.client.withClient { client in
                _ = unsafe rd_kafka_flush(client, flushing.clampedMilliseconds)
            }
            Self.stop(running)
        }
        let flushed = Duration.milliseconds(flushing.clampedMilliseconds)
        ClientHandle.wait(for: destroyed, upTo: flushed + Self.destroyLimit)
    }

    /// `close` on a thread of its own, so that no thread of the cooperative pool is blocked.
    package func closeGracefully(flushing: Duration) async {
        await withCheckedContinuation { continuation in
            let work: @Sendable () -> Void = {
                self.close(flushing: flushing)
                continuation.resume()
            }
            do { try DedicatedThread.start(name: "kafka-close", work) } catch { work() }
        }
    }

    /// Fails what is still queued or in flight (with reports, served by the thread) and lets the client go.
    private static func stop(_ running: consuming Running) {
        running.client.withClient { client in
            _ = unsafe rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        }
        running.thread.stop(waking: running.client)
    }
}
