import CRdKafka
import Synchronization

/// The sends that wait for their delivery report.
///
/// A number, not a pointer, travels through librdkafka: a report that never comes cannot leak a continuation, because
/// `failAll` finds it here, and one that came twice would find nothing. So each is resumed exactly once.
final class PendingDeliveries: Sendable {
    typealias Continuation = CheckedContinuation<Result<Delivery, KafkaError>, Never>

    private struct State {
        var lastNumber: UInt = 0
        var waiting: [UInt: Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Sends waiting now.
    var count: Int { state.withLock { $0.waiting.count } }

    /// Keeps a continuation; the number is never 0, since librdkafka reads that as "no opaque pointer".
    func add(_ continuation: Continuation) -> UInt {
        state.withLock { state in
            state.lastNumber &+= 1
            if state.lastNumber == 0 { state.lastNumber = 1 }
            state.waiting[state.lastNumber] = continuation
            return state.lastNumber
        }
    }

    /// Resumes one, when it still waits.
    func resolve(_ number: UInt, with result: Result<Delivery, KafkaError>) {
        state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: result)
    }

    /// Resumes the one a delivery report is about.
    func resolve(_ message: UnsafePointer<rd_kafka_message_t>) {
        let number = UInt(bitPattern: unsafe message.pointee._private)
        let code = unsafe message.pointee.err
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else {
            let delivery = unsafe Delivery(partition: message.pointee.partition, offset: message.pointee.offset)
            return resolve(number, with: .success(delivery))
        }
        let partition = unsafe message.pointee.partition
        let topic = unsafe message.pointee.rkt.flatMap { unsafe rd_kafka_topic_name($0) }.map {
            unsafe String(cString: $0)
        }
        let error = KafkaError(
            code,
            "message to topic \"\(topic ?? "?")\" was not delivered",
            partition: partition >= 0 ? partition : nil
        )
        resolve(number, with: .failure(error))
    }

    /// Resumes all that are left with an error, after the client is gone.
    func failAll(_ error: KafkaError) {
        let waiting = state.withLock { state in
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: .failure(error)) }
    }
}
