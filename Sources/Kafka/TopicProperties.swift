import CRdKafka

/// Asks for the properties of topics, and changes them.
struct TopicProperties: Sendable {
    /// The properties of one topic.
    struct Answer: Sendable {
        /// All of them with the values in force.
        var all: [String: String] = [:]
        /// Those that were set for this topic.
        var own: [String: String] = [:]
    }

    let timeout: Duration

    /// What each of these topics has, or why the cluster does not tell that.
    ///
    /// - Parameter broker: the one that is asked; each knows. Where there is no controller, as in the mock, the wait
    ///   for one would take the whole time-out.
    func read(
        _ topics: [String], broker: Int32, with client: ClientHandle
    ) throws(KafkaError) -> [String: Result<Answer, KafkaError>] {
        var resources: [OpaquePointer?] = unsafe []
        defer { unsafe rd_kafka_ConfigResource_destroy_array(&resources, resources.count) }
        for topic in topics { unsafe resources.append(try Self.resource(topic)) }
        let request = AdminRequest(
            operation: RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what: "read the properties of topics \(topics)",
            timeout: timeout, broker: broker)
        return try unsafe request.perform(with: client) { client, options, queue in
            unsafe rd_kafka_DescribeConfigs(client, &resources, resources.count, options, queue)
        } read: { event throws(KafkaError) in
            var count = 0
            guard let result = unsafe rd_kafka_event_DescribeConfigs_result(event),
                let answers = unsafe rd_kafka_DescribeConfigs_result_resources(result, &count)
            else { throw KafkaError(code: .failed, message: "no topics in the answer about their properties") }
            var found: [String: Result<Answer, KafkaError>] = [:]
            for index in 0..<count {
                guard let resource = unsafe answers[index], let name = unsafe rd_kafka_ConfigResource_name(resource)
                else { continue }
                let topic = unsafe String(cString: name)
                if let error = unsafe Self.error(of: resource, "cannot read the properties of topic \"\(topic)\"") {
                    found[topic] = .failure(error)
                } else {
                    found[topic] = .success(unsafe Self.answer(resource))
                }
            }
            return found
        }
    }

    /// Sets exactly these properties for a topic; those that are left out get the cluster's defaults.
    func write(_ properties: [String: String], of topic: String, with client: ClientHandle) throws(KafkaError) {
        let resource = unsafe try Self.resource(topic)
        defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            try KafkaError.check(
                unsafe rd_kafka_ConfigResource_set_config(
                    resource, try name.checkedForC("the name of a topic property"),
                    try value.checkedForC("topic property \"\(name)\"")),
                "topic \"\(topic)\", property \"\(name)\"")
        }
        let what = "set the properties of topic \"\(topic)\""
        let request = AdminRequest(operation: RD_KAFKA_ADMIN_OP_ALTERCONFIGS, what: what, timeout: timeout)
        var resources: [OpaquePointer?] = unsafe [resource]
        try unsafe request.perform(with: client) { client, options, queue in
            unsafe rd_kafka_AlterConfigs(client, &resources, resources.count, options, queue)
        } read: { event throws(KafkaError) in
            var count = 0
            guard let result = unsafe rd_kafka_event_AlterConfigs_result(event),
                let answers = unsafe rd_kafka_AlterConfigs_result_resources(result, &count)
            else { throw KafkaError(code: .failed, message: "cannot \(what): no topic in the answer") }
            for index in 0..<count {
                guard let resource = unsafe answers[index] else { continue }
                if let error = unsafe Self.error(of: resource, "cannot \(what)") { throw error }
            }
        }
    }

    private static func resource(_ topic: String) throws(KafkaError) -> OpaquePointer {
        let topic = try topic.checkedTopicName()
        guard let resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic) else {
            throw .invalidArgument("topic \"\(topic)\" cannot be asked about")
        }
        return unsafe resource
    }

    private static func error(of resource: OpaquePointer, _ context: String) -> KafkaError? {
        let code = unsafe rd_kafka_ConfigResource_error(resource)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        let text = unsafe rd_kafka_ConfigResource_error_string(resource).map { unsafe String(cString: $0) }
        return KafkaError(code, context, detail: text)
    }

    private static func answer(_ resource: OpaquePointer) -> Answer {
        var answer = Answer()
        var count = 0
        guard let entries = unsafe rd_kafka_ConfigResource_configs(resource, &count) else { return answer }
        for index in 0..<count {
            guard let entry = unsafe entries[index], let name = unsafe rd_kafka_ConfigEntry_name(entry),
                let value = unsafe rd_kafka_ConfigEntry_value(entry)
            else { continue }
            let (property, text) = unsafe (String(cString: name), String(cString: value))
            answer.all[property] = text
            if unsafe rd_kafka_ConfigEntry_source(entry) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG {
                answer.own[property] = text
            }
        }
        return answer
    }
}
