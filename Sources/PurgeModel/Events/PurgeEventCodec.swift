import FoundationEssentials

/// Reads and writes the messages of `purge.events`.
///
/// Whatever comes in, the answer is an event or a typed error.
///
/// Understood are our own JSON, CloudEvents 1.0 (structured and binary mode) around it, and Wikimedia's
/// `resource_change`. `docs/schemas/purge-event.schema.json` describes the first.
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
        let document = try parse(value)
        let draft: PurgeEventDraft
        if isStructured(headers) {
            guard case .cloudEvent(let envelope) = document else {
                throw PurgeEventError(
                    .missingField, "specversion is missing, and content-type says that this is a CloudEvent.")
            }
            draft = try unwrapped(envelope)
        } else if let attributes = try binaryAttributes(headers) {
            draft = PurgeEventDraft(try WireData(document)).filled(from: attributes)
        } else {
            switch document {
            case .event(let event): draft = PurgeEventDraft(event)
            case .resourceChange(let change): draft = PurgeEventDraft(change)
            case .cloudEvent(let envelope): draft = try unwrapped(envelope)
            case .order(let order): return .order(try order.order())
            }
        }
        return .purge(try draft.event(key: key))
    }

    private static func parse(_ bytes: [UInt8]) throws(PurgeEventError) -> WireDocument {
        let text: Data
        do throws(JSONText.Fault) {
            text = try JSONText.checked(bytes)
        } catch {
            throw PurgeEventError(error)
        }
        do {
            return try JSONDecoder().decode(WireDocument.self, from: text)
        } catch let error as PurgeEventError {
            throw error
        } catch let error as DecodingError {
            throw PurgeEventError(error, expected: "a JSON object")
        } catch {
            throw PurgeEventError(.invalidJSON, "Not valid JSON: \(error)")
        }
    }

    private static func unwrapped(_ envelope: WireCloudEvent) throws(PurgeEventError) -> PurgeEventDraft {
        try check(envelope.attributes)
        if let data = envelope.data {
            return PurgeEventDraft(data).filled(from: envelope.attributes)
        }
        guard let base64 = envelope.dataBase64 else {
            throw PurgeEventError(.missingField, "data is missing: the CloudEvent carries no purge.")
        }
        guard let bytes = Data(base64Encoded: base64) else {
            throw PurgeEventError(.invalidField, "data_base64 is not Base64.")
        }
        return PurgeEventDraft(try WireData(try parse(Array(bytes)))).filled(from: envelope.attributes)
    }

    private static func check(_ attributes: CloudEventAttributes) throws(PurgeEventError) {
        guard let version = attributes.specversion else {
            throw PurgeEventError(.missingField, "specversion is missing.")
        }
        guard version == "1.0" || version.hasPrefix("1.0.") else {
            throw PurgeEventError(.unsupportedFormat, "specversion is \(QuotedValue(version)); 1.0 is understood.")
        }
    }

    private static func isStructured(_ headers: [(name: String, value: [UInt8]?)]) -> Bool {
        headers.contains { name, value in
            guard let value, name.lowercased() == "content-type" else { return false }
            let type = String(decoding: value, as: UTF8.self).lowercased()
            return type.split(separator: ";").first?.split(separator: " ").first == "application/cloudevents+json"
        }
    }

    /// The attributes of CloudEvents' binary mode; nil when there is no `ce_specversion`.
    private static func binaryAttributes(
        _ headers: [(name: String, value: [UInt8]?)]
    ) throws(PurgeEventError) -> CloudEventAttributes? {
        var attributes = CloudEventAttributes()
        for (name, value) in headers {
            guard let value, name.utf8.count > 3 else { continue }
            let text = String(decoding: value, as: UTF8.self)
            switch name.lowercased() {
            case "ce_specversion": attributes.specversion = text
            case "ce_id": attributes.id = text
            case "ce_source": attributes.source = text
            case "ce_time": attributes.time = text
            case "ce_subject": attributes.subject = text
            default: break
            }
        }
        guard attributes.specversion != nil else { return nil }
        try check(attributes)
        return attributes
    }
}

extension PurgeEventError {
    init(_ fault: JSONText.Fault) {
        switch fault {
        case .notUTF8:
            self.init(.notUTF8, "The message is not UTF-8.")
        case .tooDeep:
            self.init(.tooDeep, "The message is nested deeper than \(Limits.jsonDepthMax) levels.")
        case .invalid(let why):
            self.init(.invalidJSON, "Not valid JSON: \(why).")
        case .duplicateField(let name):
            self.init(
                .duplicateField,
                "The field \(QuotedValue(name)) stands twice in one object; which one counts is anybody's guess.")
        }
    }
}
