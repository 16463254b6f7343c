import CRdKafka
import Dispatch
import Synchronization
import Threads

/// Owns one `rd_kafka_t` and its main queue.
///
/// Whoever calls librdkafka holds a strong reference meanwhile, so the client lives until the last call in progress
/// returns, however early it was closed. It is destroyed on a thread of its own: that blocks for a while, joins
/// librdkafka's threads, and may not happen on one of them (a log handler may drop the last reference).
///
/// `@unchecked Sendable` because librdkafka's functions on `rd_kafka_t` and `rd_kafka_queue_t` are thread safe.
@safe
final class ClientHandle: @unchecked Sendable {
    /// How long `destroy` waits for commits that are on their way.
    private static let commitWaitMilliseconds: Int32 = 1000

    let callbacks: ClientCallbacks
    /// Left when the client is destroyed and no callback can come any more.
    let destroyed = DispatchGroup()
    private let client: OpaquePointer
    private let queue: OpaquePointer?

    init(_ role: ClientRole, _ configuration: KafkaConfiguration) throws(KafkaError) {
        let callbacks = ClientCallbacks(configuration)
        let native = try NativeConfiguration(configuration, for: role)
        let opaque = unsafe Unmanaged.passRetained(callbacks)
        do throws(KafkaError) {
            unsafe client = try native.makeClient(role.type, callbacks: opaque)
        } catch {
            unsafe opaque.release()
            throw error
        }
        self.callbacks = callbacks
        if case .consumer = role {
            // Logs, statistics and commit results come through the queue that is polled for messages.
            unsafe rd_kafka_poll_set_consumer(client)
            unsafe queue = unsafe rd_kafka_queue_get_consumer(client)
        } else {
            unsafe queue = unsafe rd_kafka_queue_get_main(client)
        }
        destroyed.enter()
    }

    deinit {
        let remains = unsafe Remains(client: client, queue: queue, callbacks: callbacks, destroyed: destroyed)
        // Without a thread to do it on, here is the next best place.
        do { try DedicatedThread.start(name: "kafka-destroy") { remains.destroy() } } catch { remains.destroy() }
    }

    /// Calls C with the client; the pointers must not leave `body`.
    @safe
    func withClient<R: ~Copyable, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(client)
    }

    /// Calls C with the queue; nil when librdkafka has none.
    @safe
    func withQueue<R: ~Copyable, E: Error>(_ body: (OpaquePointer?) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(queue)
    }

    /// Makes the poll in progress return, or the next one when there is none.
    func yieldQueue() {
        withQueue { queue in
            if let queue = unsafe queue { unsafe rd_kafka_queue_yield(queue) }
        }
    }

    /// Waits until librdkafka let go of everything; false when that took longer.
    @discardableResult
    static func wait(for destroyed: DispatchGroup, upTo limit: Duration) -> Bool {
        destroyed.wait(timeout: .now() + .milliseconds(Int(limit.clampedMilliseconds))) == .success
    }

    /// What `deinit` hands over to the thread that destroys.
    @safe
    private struct Remains: @unchecked Sendable {
        let client: OpaquePointer
        let queue: OpaquePointer?
        let callbacks: ClientCallbacks
        let destroyed: DispatchGroup

        func destroy() {
            if let queue = unsafe queue {
                unsafe finishCommits(queue)
                unsafe rd_kafka_queue_destroy(queue)
            }
            // Not leaving the group by protocol: we are no member, and a broker that is down must not hold us up.
            unsafe rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            unsafe Unmanaged.passUnretained(callbacks).release()
            callbacks.deliveries.failAll(.closed("the producer"))
            destroyed.leave()
        }

        private func finishCommits(_ queue: OpaquePointer) {
            let clock = ContinuousClock()
            let end = clock.now + .milliseconds(ClientHandle.commitWaitMilliseconds)
            while callbacks.pendingCommits.load(ordering: .relaxed) > 0, clock.now < end {
                var message: UnsafeMutablePointer<rd_kafka_message_t>?
                if unsafe rd_kafka_consume_batch_queue(queue, 50, &message, 1) == 1 {
                    unsafe rd_kafka_message_destroy(message)
                }
            }
        }
    }
}
