import CRdKafka

/// Asks a broker about one topic.
enum TopicMetadata {
    /// Number of partitions; nil while the topic does not exist.
    ///
    /// Blocks up to `timeout`.
    static func partitionCount(
        of topic: String,
        with client: ClientHandle,
        timeout: Duration
    ) throws(KafkaError) -> Int? {
        try size(of: topic, with: client, timeout: timeout)?.partitions
    }

    /// Number of partitions, of copies of the one that has the fewest, and the broker that said so; nil while the topic
    /// does not exist.
    ///
    /// Blocks up to `timeout`.
    static func size(
        of topic: String,
        with client: ClientHandle,
        timeout: Duration
    ) throws(KafkaError) -> (partitions: Int, replicas: Int, broker: Int32)? {
        let topic = try topic.checkedTopicName()
        return try client.withClient { client throws(KafkaError) in
            guard let handle = unsafe rd_kafka_topic_new(client, topic, nil) else {
                throw KafkaError(rd_kafka_last_error(), "cannot use topic \"\(topic)\"")
            }
            defer { unsafe rd_kafka_topic_destroy(handle) }
            var answer: UnsafePointer<rd_kafka_metadata>?
            let milliseconds = max(timeout.clampedMilliseconds, 1)
            try KafkaError.check(
                unsafe rd_kafka_metadata(client, 0, handle, &answer, milliseconds),
                "cannot look up topic \"\(topic)\""
            )
            guard let answer = unsafe answer else { return nil }
            defer { unsafe rd_kafka_metadata_destroy(answer) }
            return try unsafe size(in: answer.pointee, topic)
        }
    }

    private static func size(
        in answer: rd_kafka_metadata, _ topic: String
    ) throws(KafkaError) -> (partitions: Int, replicas: Int, broker: Int32)? {
        for index in 0..<Int(unsafe answer.topic_cnt) {
            let entry = unsafe answer.topics[index]
            guard let name = unsafe entry.topic, unsafe String(cString: name) == topic else { continue }
            switch unsafe entry.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                let partitions = unsafe UnsafeBufferPointer(start: entry.partitions, count: Int(entry.partition_cnt))
                let replicas = unsafe partitions.map { unsafe Int($0.replica_cnt) }.min()
                return replicas.map { unsafe (partitions.count, $0, answer.orig_broker_id) }
            // Absent, or so new that it has no leaders yet.
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: return nil
            default: throw unsafe KafkaError(entry.err, "cannot look up topic \"\(topic)\"")
            }
        }
        return nil
    }
}
