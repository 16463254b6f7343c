/// Reads and writes the messages of `purge.events`.
///
/// Whatever comes in, the answer is an event or a typed error.
///
/// ``EventFormat/all`` has the forms that are understood; `docs/schemas` describes them.
package enum PurgeEventCodec {
    /// Reads one Kafka message that has to be a purge; as ``decodeMessage(value:headers:key:)``.
    ///
    /// An order to an agent is `unsupported_format` here.
    package static func decode(
        value: [UInt8]?, headers: [(name: String, value: [UInt8]?)], key: [UInt8]?
    ) throws(PurgeEventError) -> PurgeEvent {
        switch try decodeMessage(value: value, headers: headers, key: key) {
        case .purge(let event): return event
        case .order:
            throw PurgeEventError(.unsupportedFormat, "This is an order to an agent, and no purge.")
        }
    }

    /// Reads one Kafka message: a purge, or an order to an agent.
    ///
    /// Unknown fields are ignored, except in `selectors`. `mode` defaults to `delete`, `source` to `kafka`, `zone` to
    /// the Kafka key. In a CloudEvent the attributes `id`, `source`, `time` and `subject` stand in for `id`, `source`,
    /// `accepted_at` and `zone` where its data lacks them; ids of other systems become ours as
    /// ``PurgeID/init(derivedFrom:source:)`` says. A field that is null counts as absent. A message with `order` is no
    /// purge; see ``AgentOrder``.
    package static func decodeMessage(
        value: [UInt8]?, headers: [(name: String, value: [UInt8]?)], key: [UInt8]?
    ) throws(PurgeEventError) -> EventMessage {
        guard let value else {
            throw PurgeEventError(.tombstone, "The message has no value; a purge cannot be taken back.")
        }
        guard value.count <= Limits.eventBytesMax else {
            throw PurgeEventError(
                .tooLarge,
                "The message has \(value.count) bytes; at most \(Limits.eventBytesMax) are allowed. Split the purge.")
        }
        if let schema = schemaID(value) {
            throw PurgeEventError(
                .unsupportedFormat,
                "The message begins with a zero byte and the number \(schema), as serializers for a schema registry "
                    + "(Confluent) write them; send the JSON alone, with a plain string serializer.")
        }
        let headers = EventHeaders(headers)
        if !headers.hasEnvelope, let draft = PurgeEventScanner.scan(value) { return .purge(try draft.event(key: key)) }
        let draft = try EventSource.read(value, headers: headers) { source throws(PurgeEventError) in
            try source.draft()
        }
        switch draft {
        case .purge(let draft): return .purge(try draft.event(key: key))
        case .order(let order): return .order(order)
        }
    }

    /// The number of a schema that stands before a message; nil when none does.
    ///
    /// JSON never begins with a zero byte, and in UTF-16 not with two.
    private static func schemaID(_ value: [UInt8]) -> UInt32? {
        guard value.count > 5, value[0] == 0, value[1] == 0 else { return nil }
        return value[1..<5].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The format that ``decodeMessage(value:headers:key:)`` takes a message for.
    ///
    /// Errors: what is no JSON object has none.
    package static func format(
        of value: [UInt8], headers: [(name: String, value: [UInt8]?)]
    ) throws(PurgeEventError) -> EventFormat {
        try EventSource.read(value, headers: EventHeaders(headers)) { source throws(PurgeEventError) in
            try EventFormat.of(source)
        }
    }
}
