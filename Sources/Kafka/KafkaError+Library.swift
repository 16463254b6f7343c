import CRdKafka

extension KafkaError {
    /// An error from a bare code.
    ///
    /// `detail` is the library's longer text when there is one.
    init(_ code: rd_kafka_resp_err_t, _ context: String, detail: String? = nil, partition: Int32? = nil) {
        let text = unsafe detail ?? String(cString: rd_kafka_err2str(code))
        self.init(code: Code(rawValue: code.rawValue), message: "\(context): \(text)", partition: partition)
    }

    /// Throws when `code` is an error.
    static func check(_ code: rd_kafka_resp_err_t, _ context: @autoclosure () -> String) throws(KafkaError) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw KafkaError(code, context())
    }

    /// Takes over an `rd_kafka_error_t`, destroys it, and returns it as a value; nil stays nil.
    ///
    /// The only place that looks into one, so that it is destroyed on every path.
    static func consume(_ error: OpaquePointer?, _ context: @autoclosure () -> String) -> KafkaError? {
        guard let error = unsafe error else { return nil }
        defer { unsafe rd_kafka_error_destroy(error) }
        let code = Code(rawValue: unsafe rd_kafka_error_code(error).rawValue)
        return KafkaError(
            code: code,
            message: "\(context()): \(unsafe String(cString: rd_kafka_error_string(error)))",
            isRetriable: unsafe rd_kafka_error_is_retriable(error) != 0 || Code.retriable.contains(code),
            isFatal: unsafe rd_kafka_error_is_fatal(error) != 0
        )
    }

    /// Takes over an `rd_kafka_error_t` and throws it; nil is success.
    static func check(_ error: OpaquePointer?, _ context: @autoclosure () -> String) throws(KafkaError) {
        if let error = unsafe consume(error, context()) { throw error }
    }
}

extension String {
    /// Refuses what C would cut off: a text with a NUL inside.
    func checkedForC(_ what: String) throws(KafkaError) -> String {
        guard !utf8.contains(0) else { throw .invalidArgument("\(what) contains a NUL character: remove it") }
        return self
    }

    /// Refuses a topic name that no broker would take; librdkafka itself lets an empty one through.
    func checkedTopicName() throws(KafkaError) -> String {
        guard !isEmpty else { throw .invalidArgument("the topic name is empty") }
        guard utf8.count <= 249 else {
            throw .invalidArgument("the topic name has \(utf8.count) bytes, the most Kafka takes is 249")
        }
        return try checkedForC("the topic name")
    }
}
