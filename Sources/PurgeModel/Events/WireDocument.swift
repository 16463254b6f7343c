/// The kinds of JSON that a message may hold, as text: nothing is checked yet but types.
///
/// All fields are optional here, since each may come from somewhere else (headers, the Kafka key, an envelope).
enum WireDocument: Decodable {
    case event(WireEvent)
    case cloudEvent(WireCloudEvent)
    case resourceChange(WireResourceChange)
    case order(WireOrder)

    init(from decoder: any Decoder) throws {
        let container: WireContainer
        do {
            container = try decoder.container(keyedBy: WireKey.self)
        } catch let error as DecodingError {
            throw PurgeEventError(error, expected: "a JSON object")
        }
        if container.has("specversion") {
            self = .cloudEvent(try WireCloudEvent(container))
        } else if container.has("$schema"), let schema = try? container.string("$schema"),
            WireResourceChange.isNamed(by: schema)
        {
            self = .resourceChange(try WireResourceChange(container))
        } else if try container.holds("order") {
            self = .order(try WireOrder(container))
        } else {
            self = .event(try WireEvent(container))
        }
    }
}

/// An event of our own.
struct WireEvent {
    var id: String?
    var zone: String?
    var scope: [String]?
    var selectors: WireSelectors?
    var mode: String?
    var acceptedAt: String?
    var source: String?
    var reason: String?

    init(_ container: WireContainer) throws {
        id = try container.string("id")
        zone = try container.string("zone")
        if container.has("scope") {
            // An empty scope is the same as none; it is refused later where one is needed.
            scope = try container.field("scope", [String].self, expected: "a list of strings")
        }
        selectors = try container.field("selectors", WireSelectors.self, expected: "an object")
        mode = try container.string("mode")
        acceptedAt = try container.string("accepted_at")
        source = try container.string("source")
        reason = try container.string("reason")
    }
}

/// What stands in `selectors`.
///
/// A name that is not known is an error here: it would have named something to purge.
struct WireSelectors: Decodable {
    private static let known: Set = ["urls", "tags", "hosts", "prefixes", "everything"]

    var urls: [String]
    var tags: [String]
    var hosts: [String]
    var prefixes: [String]
    var everything: Bool?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: WireKey.self)
        // Sorted, so that the same message always gives the same reason.
        for name in container.allKeys.map(\.stringValue).sorted() where !Self.known.contains(name) {
            throw PurgeEventError(
                .unknownSelector,
                "selectors has \(QuotedValue(name)); known are urls, tags, hosts, prefixes and everything.")
        }
        urls = try container.strings("urls") ?? []
        tags = try container.strings("tags") ?? []
        hosts = try container.strings("hosts") ?? []
        prefixes = try container.strings("prefixes") ?? []
        everything = try container.field("everything", Bool.self, expected: "true")
    }
}

/// The envelope of CloudEvents 1.0 in structured mode, with what is in it.
struct WireCloudEvent {
    var attributes = CloudEventAttributes()
    var data: WireData?
    var dataBase64: String?

    init(_ container: WireContainer) throws {
        attributes.specversion = try container.string("specversion")
        attributes.id = try container.string("id")
        attributes.source = try container.string("source")
        attributes.time = try container.string("time")
        attributes.subject = try container.string("subject")
        data = try container.field("data", WireData.self, expected: "an object")
        dataBase64 = try container.string("data_base64")
    }
}

/// The data of a CloudEvent: an event of ours or a resource change, never another envelope.
enum WireData: Decodable {
    case event(WireEvent)
    case resourceChange(WireResourceChange)

    init(from decoder: any Decoder) throws {
        self = try Self(WireDocument(from: decoder))
    }

    init(_ document: WireDocument) throws(PurgeEventError) {
        switch document {
        case .event(let event): self = .event(event)
        case .resourceChange(let change): self = .resourceChange(change)
        case .order:
            throw PurgeEventError(.unsupportedFormat, "An order is wrapped in a CloudEvent; send it as it is.")
        case .cloudEvent:
            throw PurgeEventError(.unsupportedFormat, "A CloudEvent is wrapped in another one; send one envelope.")
        }
    }
}

/// The attributes of a CloudEvent that say something about a purge.
struct CloudEventAttributes {
    var specversion: String?
    var id: String?
    var source: String?
    var time: String?
    var subject: String?
}

/// Wikimedia's `resource_change` 1.0.0: one URL has changed.
///
/// Its `tags` say why it did; they are no cache tags.
struct WireResourceChange {
    var id: String?
    var uri: String?
    var time: String?
    var domain: String?
    var stream: String?

    static func isNamed(by schema: String) -> Bool {
        schema.hasPrefix("/resource_change/1.") || schema.contains("/resource_change/1.")
    }

    init(_ container: WireContainer) throws {
        let name = WireKey(stringValue: "meta")
        guard container.contains(name) else {
            throw PurgeEventError(.missingField, "\(container.path(to: "meta")) is missing.")
        }
        let meta: WireContainer
        do {
            meta = try container.nestedContainer(keyedBy: WireKey.self, forKey: name)
        } catch let error as DecodingError {
            throw PurgeEventError(error, expected: "an object")
        }
        id = try meta.string("id")
        uri = try meta.string("uri")
        time = try meta.string("dt")
        domain = try meta.string("domain")
        stream = try meta.string("stream")
    }
}
