import CRdKafka

/// One call of `rd_kafka_produceva`, with every pointer alive only during the call.
struct ProduceCall {
    let topic: String
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [Header]
    let partition: Int32?
    let timestamp: Int64?

    /// Puts the message into the local queue; librdkafka copies it.
    ///
    /// `number` comes back with the delivery report.
    func perform(_ client: OpaquePointer, number: UInt) -> KafkaError? {
        unsafe topic.withCString { topic in
            unsafe Self.withBytes(key) { key, keyCount in
                unsafe Self.withBytes(value) { value, valueCount in
                    var arguments = unsafe [
                        argument(RD_KAFKA_VTYPE_TOPIC) { unsafe $0.u.cstr = topic },
                        argument(RD_KAFKA_VTYPE_PARTITION) { unsafe $0.u.i32 = partition ?? -1 },
                        // Copy; and without RD_KAFKA_MSG_F_BLOCK a full queue is an error, not a wait.
                        argument(RD_KAFKA_VTYPE_MSGFLAGS) { unsafe $0.u.i = RD_KAFKA_MSG_F_COPY },
                        argument(RD_KAFKA_VTYPE_KEY) {
                            unsafe $0.u.mem.ptr = UnsafeMutableRawPointer(mutating: key)
                            unsafe $0.u.mem.size = keyCount
                        },
                        argument(RD_KAFKA_VTYPE_VALUE) {
                            unsafe $0.u.mem.ptr = UnsafeMutableRawPointer(mutating: value)
                            unsafe $0.u.mem.size = valueCount
                        },
                        argument(RD_KAFKA_VTYPE_OPAQUE) {
                            unsafe $0.u.ptr = UnsafeMutableRawPointer(bitPattern: number)
                        },
                    ]
                    if let timestamp {
                        unsafe arguments.append(argument(RD_KAFKA_VTYPE_TIMESTAMP) { unsafe $0.u.i64 = timestamp })
                    }
                    let list = unsafe makeHeaders()
                    if let list = unsafe list {
                        unsafe arguments.append(argument(RD_KAFKA_VTYPE_HEADERS) { unsafe $0.u.headers = list })
                    }
                    let failure = unsafe KafkaError.consume(
                        rd_kafka_produceva(client, arguments, arguments.count),
                        "cannot send to topic \"\(self.topic)\""
                    )
                    // librdkafka takes the headers over only when it takes the message.
                    if failure != nil, let list = unsafe list { unsafe rd_kafka_headers_destroy(list) }
                    return failure
                }
            }
        }
    }

    private func makeHeaders() -> OpaquePointer? {
        guard !headers.isEmpty, let list = unsafe rd_kafka_headers_new(headers.count) else { return nil }
        for header in headers {
            unsafe Self.withBytes(header.value) { value, count in
                _ = unsafe rd_kafka_header_add(list, header.name, header.name.utf8.count, value, count)
            }
        }
        return unsafe list
    }

    private func argument(_ type: rd_kafka_vtype_t, _ fill: (inout rd_kafka_vu_t) -> Void) -> rd_kafka_vu_t {
        var argument = unsafe rd_kafka_vu_t()
        unsafe argument.vtype = type
        unsafe fill(&argument)
        return unsafe argument
    }

    /// nil becomes a null pointer; an empty array a pointer to nothing, which librdkafka tells apart.
    private static func withBytes<R>(_ bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) -> R) -> R {
        guard let bytes else { return body(nil, 0) }
        guard !bytes.isEmpty else {
            return unsafe withUnsafeBytes(of: UInt8(0)) { unsafe body($0.baseAddress, 0) }
        }
        return unsafe bytes.withUnsafeBytes { unsafe body($0.baseAddress, $0.count) }
    }
}
