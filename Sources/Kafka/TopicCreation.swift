import CRdKafka

/// One CreateTopics request.
struct TopicCreation: Sendable {
    private let topics: [TopicSpecification]
    private let timeoutMilliseconds: Int32

    /// Refuses what librdkafka would cut off or trap on.
    init(_ topics: [TopicSpecification], timeout: Duration) throws(KafkaError) {
        self.topics = topics
        // The range librdkafka accepts for a request.
        timeoutMilliseconds = min(max(timeout.clampedMilliseconds, 1), 3_600_000)
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
        return try client.withClient { client throws(KafkaError) in
            guard
                let options = unsafe rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS),
                let queue = unsafe rd_kafka_queue_new(client)
            else { throw KafkaError(code: .failed, message: "librdkafka could not make a queue") }
            defer {
                unsafe rd_kafka_AdminOptions_destroy(options)
                unsafe rd_kafka_queue_destroy(queue)
            }
            // Both: how long librdkafka tries, and how long the controller may take.
            let (code, text) = unsafe withErrorText { text, size in
                let code = unsafe rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, text, size)
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return code }
                return unsafe rd_kafka_AdminOptions_set_operation_timeout(options, timeoutMilliseconds, text, size)
            }
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(code, "cannot create topics", detail: text)
            }
            unsafe rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
            // librdkafka always answers after its own time-out; the second on top is only for its threads.
            guard let event = unsafe rd_kafka_queue_poll(queue, timeoutMilliseconds + 1000) else {
                throw KafkaError(code: .timedOut, message: "no answer to the creation of \(topics.map(\.name))")
            }
            defer { unsafe rd_kafka_event_destroy(event) }
            return try unsafe outcomes(event)
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
        let code = unsafe rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
            throw KafkaError(code, "cannot create topics \(topics.map(\.name))", detail: text)
        }
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
