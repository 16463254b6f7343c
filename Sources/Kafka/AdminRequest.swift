import CRdKafka

/// One request to the cluster's administration, and the wait for its answer.
struct AdminRequest: Sendable {
    /// Which request it is, as librdkafka counts them.
    let operation: rd_kafka_admin_op_t
    /// What it does, for errors, such as `create topics ["a"]`.
    let what: String
    /// How long librdkafka tries.
    let timeout: Duration
    /// Which broker is asked; nil: the controller.
    var broker: Int32?
    /// Whether the cluster itself has a time limit for it too.
    var isLong = false

    /// The range librdkafka accepts for a request.
    private var milliseconds: Int32 { min(max(timeout.clampedMilliseconds, 1), 3_600_000) }

    /// Sends it and waits for the answer.
    /// - Parameters:
    ///   - send: hands the request over: client, options, the queue for the answer.
    ///   - read: reads the answer, which is gone afterwards.
    /// - Throws: the error of the request as a whole, or what `read` throws.
    func perform<R: Sendable>(
        with client: ClientHandle,
        send: (OpaquePointer, OpaquePointer, OpaquePointer) -> Void,
        read: (OpaquePointer) throws(KafkaError) -> R
    ) throws(KafkaError) -> R {
        try client.withClient { client throws(KafkaError) in
            guard let options = unsafe rd_kafka_AdminOptions_new(client, operation),
                let queue = unsafe rd_kafka_queue_new(client)
            else { throw KafkaError(code: .failed, message: "librdkafka could not make a queue") }
            defer {
                unsafe rd_kafka_AdminOptions_destroy(options)
                unsafe rd_kafka_queue_destroy(queue)
            }
            let (code, text) = unsafe withErrorText { text, size in
                let code = unsafe rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, text, size)
                if let broker, code == RD_KAFKA_RESP_ERR_NO_ERROR {
                    return unsafe rd_kafka_AdminOptions_set_broker(options, broker, text, size)
                }
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR, isLong else { return code }
                return unsafe rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, text, size)
            }
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(code, "cannot \(what)", detail: text)
            }
            unsafe send(client, options, queue)
            // librdkafka always answers after its own time-out; the second on top is only for its threads.
            guard let event = unsafe rd_kafka_queue_poll(queue, milliseconds + 1000) else {
                throw KafkaError(code: .timedOut, message: "cannot \(what): no answer")
            }
            defer { unsafe rd_kafka_event_destroy(event) }
            let failure = unsafe rd_kafka_event_error(event)
            guard failure == RD_KAFKA_RESP_ERR_NO_ERROR else {
                let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
                throw KafkaError(failure, "cannot \(what)", detail: text)
            }
            return try unsafe read(event)
        }
    }
}
