internal import CRdKafka

/// Owns an `rd_kafka_topic_partition_list_t` of one topic.
@safe
struct TopicPartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Lists partitions of a topic with an offset each; a negative partition is refused, librdkafka has own uses for
    /// it.
    init(topic: String, _ offsets: [Int32: Int64]) throws(KafkaError) {
        if let negative = offsets.keys.first(where: { $0 < 0 }) {
            throw .invalidArgument("partition \(negative) is negative")
        }
        guard let pointer = unsafe rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count)) else {
            throw KafkaError(code: .failed, message: "librdkafka could not make a list of partitions")
        }
        unsafe self.pointer = unsafe pointer
        for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            guard let element = unsafe rd_kafka_topic_partition_list_add(pointer, topic, partition) else { continue }
            unsafe element.pointee.offset = offset
        }
    }

    /// Lists partitions without offsets.
    init(topic: String, partitions: some Sequence<Int32>) throws(KafkaError) {
        let offsets = partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) }
        try self.init(topic: topic, Dictionary(offsets, uniquingKeysWith: { first, _ in first }))
    }

    deinit { unsafe rd_kafka_topic_partition_list_destroy(pointer) }

    /// Visits what librdkafka wrote into the list.
    borrowing func forEach(_ body: (_ partition: Int32, _ offset: Int64, _ error: rd_kafka_resp_err_t) -> Void) {
        for index in 0..<Int(unsafe pointer.pointee.cnt) {
            let element = unsafe pointer.pointee.elems[index]
            unsafe body(element.partition, element.offset, element.err)
        }
    }

    /// The first partition librdkafka marked with an error.
    borrowing func firstError(_ context: String) -> KafkaError? {
        var first: KafkaError?
        forEach { partition, _, error in
            if first == nil, error != RD_KAFKA_RESP_ERR_NO_ERROR {
                first = KafkaError(error, context, partition: partition)
            }
        }
        return first
    }
}
