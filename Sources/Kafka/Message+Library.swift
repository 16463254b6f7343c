import CRdKafka

extension Message {
    /// Copies a message out of librdkafka.
    ///
    /// Whatever a producer wrote is taken: nothing here can fail.
    init(_ message: UnsafeMutablePointer<rd_kafka_message_t>, topic: String) {
        self.init(
            topic: topic,
            partition: unsafe message.pointee.partition,
            offset: unsafe message.pointee.offset,
            key: unsafe Self.bytes(message.pointee.key, message.pointee.key_len),
            value: unsafe Self.bytes(message.pointee.payload, message.pointee.len),
            headers: unsafe Self.headers(of: message),
            timestamp: unsafe Self.timestamp(of: message)
        )
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        guard let start = unsafe start else { return nil }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func timestamp(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> Int64? {
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = unsafe rd_kafka_message_timestamp(message, &type)
        return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || timestamp < 0 ? nil : timestamp
    }

    /// Headers that cannot be parsed count as none; the message itself passed its checksum.
    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [Header] {
        var list: OpaquePointer?
        guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
        guard let list = unsafe list else { return [] }
        let count = unsafe rd_kafka_header_cnt(list)
        var headers: [Header] = []
        headers.reserveCapacity(count)
        for index in 0..<count {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard unsafe rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
            else { break }
            let text = unsafe name.map { unsafe String(cString: $0) } ?? ""
            headers.append(Header(name: text, value: unsafe bytes(value, size)))
        }
        return headers
    }
}
