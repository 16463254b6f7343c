import CRdKafka

/// One poll of the consumer queue, turned into events.
struct ConsumerBatch {
    let topic: String
    /// The most messages to take.
    let limit: Int
    /// Bytes of a batch, about: when it has so many, what is left waits for the next poll.
    let bytesMax: Int

    /// Waits for a first event, then takes what is there without waiting.
    ///
    /// Several calls because `rd_kafka_consume_batch_queue` otherwise waits until the batch is full, and counts no
    /// bytes: each takes twice as many as the one before.
    /// - Parameter restart: called for a partition whose `.earliest` or `.latest` could not be looked up.
    func poll(
        _ client: ClientHandle,
        timeout: Duration,
        restart: (Int32, StartOffset) -> Void
    ) -> [ConsumerEvent] {
        client.withQueue { queue in
            guard let queue = unsafe queue else { return [] }
            return unsafe withUnsafeTemporaryAllocation(
                of: UnsafeMutablePointer<rd_kafka_message_t>?.self,
                capacity: limit
            ) { buffer in
                unsafe buffer.initialize(repeating: nil)
                guard let base = buffer.baseAddress else { return [] }
                var count = max(
                    0, unsafe rd_kafka_consume_batch_queue(queue, timeout.clampedMilliseconds, base, 1))
                var (bytes, wanted, taken) = unsafe (Self.size(base, count), 1, count)
                while taken == wanted, count < limit, bytes < bytesMax {
                    wanted = min(limit - count, 2 * count)
                    taken = max(0, unsafe rd_kafka_consume_batch_queue(queue, 0, base + count, wanted))
                    bytes += unsafe Self.size(base + count, taken)
                    count += taken
                }
                guard count > 0 else { return [] }
                var events: [ConsumerEvent] = []
                events.reserveCapacity(count)
                for index in 0..<count {
                    guard let message = unsafe buffer[index] else { continue }
                    unsafe events.append(event(message, restart))
                    unsafe rd_kafka_message_destroy(message)
                }
                return events
            }
        }
    }

    /// Bytes of keys and values.
    private static func size(
        _ first: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>, _ count: Int
    ) -> Int {
        (0..<count).reduce(0) { sum, index in
            guard let message = unsafe first[index] else { return sum }
            return unsafe sum + message.pointee.len + message.pointee.key_len
        }
    }

    private func event(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>,
        _ restart: (Int32, StartOffset) -> Void
    ) -> ConsumerEvent {
        let (partition, offset) = unsafe (message.pointee.partition, message.pointee.offset)
        switch unsafe message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return unsafe .message(Message(message, topic: topic))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return .endOfPartition(partition: partition, offset: offset)
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            // The same code with a logical offset means that `.earliest` or `.latest` could not be looked up.
            if offset >= 0 { return .offsetOutOfRange(partition: partition, offset: offset) }
            if let start = StartOffset(logical: offset) { restart(partition, start) }
        default: break
        }
        return .error(
            unsafe KafkaError(
                message.pointee.err,
                "reading topic \"\(topic)\"",
                detail: rd_kafka_message_errstr(message).map { unsafe String(cString: $0) },
                partition: partition >= 0 ? partition : nil
            )
        )
    }
}
