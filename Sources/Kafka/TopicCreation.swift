import CRdKafka

/// One CreateTopics request.
struct TopicCreation: Sendable {
    private let topics: [TopicSpecification]
    private let timeout: Duration

    /// Refuses what librdkafka would cut off or trap on.
    init(_ topics: [TopicSpecification], timeout: Duration) throws(KafkaError) {
        self.topics = topics
        self.timeout = timeout
        for topic in topics {
            _ = try topic.name.checkedTopicName()
            guard topic.partitions > 0, topic.partitions <= 100_000 else {
                throw .invalidArgument("topic \"\(topic.name)\" cannot have \(topic.partitions) partitions")
            }
            guard topic.replicationFactor == -1 || (1...Int(Int16.max)).contains(topic.replicationFactor) else {
                throw .invalidArgument("topic \"\(topic.name)\" cannot have \(topic.replicationFactor) replicas")
            }
            for (name, value) in topic.configuration {
                _ = try name.checkedForC("the name of a topic property")
                _ = try value.checkedForC("topic property \"\(name)\"")
            }
        }
    }

    /// Sends the request and waits for the answer.
    func perform(_ client: ClientHandle) throws(KafkaError) -> [(name: String, outcome: TopicOutcome)] {
        var requests: [OpaquePointer?] = unsafe []
        defer { unsafe rd_kafka_NewTopic_destroy_array(&requests, requests.count) }
        for topic in topics { unsafe requests.append(try makeRequest(topic)) }
        let request = AdminRequest(
            operation: RD_KAFKA_ADMIN_OP_CREATETOPICS, what: "create topics \(topics.map(\.name))", timeout: timeout,
            isLong: true)
        return try unsafe request.perform(with: client) { client, options, queue in
            unsafe rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
        } read: { event throws(KafkaError) in
            try unsafe outcomes(event)
        }
    }

    private func makeRequest(_ topic: TopicSpecification) throws(KafkaError) -> OpaquePointer {
        let (request, text) = unsafe withErrorText { text, size in
            unsafe rd_kafka_NewTopic_new(
                topic.name,
                Int32(clamping: topic.partitions),
                Int32(clamping: topic.replicationFactor),
                text,
                size
            )
        }
        guard let request = unsafe request else {
            throw .invalidArgument("topic \"\(topic.name)\": \(text)")
        }
        for (name, value) in topic.configuration {
            let code = unsafe rd_kafka_NewTopic_set_config(request, name, value)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                unsafe rd_kafka_NewTopic_destroy(request)
                throw KafkaError(code, "topic \"\(topic.name)\", property \"\(name)\"")
            }
        }
        return unsafe request
    }

    private func outcomes(_ event: OpaquePointer) throws(KafkaError) -> [(name: String, outcome: TopicOutcome)] {
        var count = 0
        guard
            let result = unsafe rd_kafka_event_CreateTopics_result(event),
            let answers = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
        else { throw KafkaError(code: .failed, message: "no topics in the answer to their creation") }
        var outcomes: [(name: String, outcome: TopicOutcome)] = []
        for index in 0..<count {
            guard let answer = unsafe answers[index] else { continue }
            let name = unsafe rd_kafka_topic_result_name(answer).map { unsafe String(cString: $0) } ?? ""
            switch unsafe rd_kafka_topic_result_error(answer) {
            case RD_KAFKA_RESP_ERR_NO_ERROR: outcomes.append((name, .created))
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: outcomes.append((name, .alreadyExists))
            case let code:
                let text = unsafe rd_kafka_topic_result_error_string(answer).map { unsafe String(cString: $0) }
                throw KafkaError(code, "cannot create topic \"\(name)\"", detail: text)
            }
        }
        return outcomes
    }
}
