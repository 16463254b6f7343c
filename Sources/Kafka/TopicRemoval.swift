import CRdKafka

/// One DeleteTopics request.
struct TopicRemoval: Sendable {
    let topics: [String]
    let timeout: Duration

    /// Sends the request and waits; throws why one of those that exist could not be deleted.
    func perform(_ client: ClientHandle) throws(KafkaError) {
        guard !topics.isEmpty else { return }
        var requests: [OpaquePointer?] = unsafe []
        defer { unsafe rd_kafka_DeleteTopic_destroy_array(&requests, requests.count) }
        for topic in topics { unsafe requests.append(rd_kafka_DeleteTopic_new(try topic.checkedTopicName())) }
        let what = "delete topics \(topics)"
        let request = AdminRequest(
            operation: RD_KAFKA_ADMIN_OP_DELETETOPICS, what: what, timeout: timeout, isLong: true)
        try unsafe request.perform(with: client) { client, options, queue in
            unsafe rd_kafka_DeleteTopics(client, &requests, requests.count, options, queue)
        } read: { event throws(KafkaError) in
            var count = 0
            guard let result = unsafe rd_kafka_event_DeleteTopics_result(event),
                let answers = unsafe rd_kafka_DeleteTopics_result_topics(result, &count)
            else { return }
            for index in 0..<count {
                guard let answer = unsafe answers[index] else { continue }
                let code = unsafe rd_kafka_topic_result_error(answer)
                if code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { try KafkaError.check(code, "cannot \(what)") }
            }
        }
    }
}
