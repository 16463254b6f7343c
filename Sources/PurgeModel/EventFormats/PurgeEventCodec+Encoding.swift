extension PurgeEventCodec {
    /// Writes an event in its canonical form: fields sorted, no spaces, slashes not escaped, empty lists left out.
    ///
    /// The same event always gives the same bytes, and ``decode(value:headers:key:)`` gives the event back.
    package static func encode(_ event: PurgeEvent) -> [UInt8] {
        var json = CanonicalJSONWriter()
        json.reserve(event.bytesAbout)
        json.add("{\"accepted_at\":")
        json.add(string: event.acceptedAt.description)
        json.add(",\"id\":")
        json.add(string: event.id.description)
        json.add(",\"mode\":")
        json.add(string: event.mode.rawValue)
        if let reason = event.reason {
            json.add(",\"reason\":")
            json.add(string: reason)
        }
        if !event.scope.isEmpty {
            json.add(",\"scope\":")
            json.add(strings: event.scope.patterns) { $1 += $0.description.utf8 }
        }
        json.add(",\"selectors\":{")
        add(event.selectors, to: &json)
        json.add("},\"source\":")
        json.add(string: event.source)
        json.add(",\"zone\":")
        json.add(string: event.zone)
        json.add("}")
        return json.bytes
    }

    private static func add(_ selectors: Selectors, to json: inout CanonicalJSONWriter) {
        var separator = ""
        func begin(_ name: String, _ json: inout CanonicalJSONWriter) {
            json.add("\(separator)\"\(name)\":")
            separator = ","
        }
        if selectors.everything {
            begin("everything", &json)
            json.add("true")
        }
        if !selectors.hosts.isEmpty {
            begin("hosts", &json)
            json.add(strings: selectors.hosts) { $1 += $0.name.utf8 }
        }
        if !selectors.prefixes.isEmpty {
            begin("prefixes", &json)
            json.add(strings: selectors.prefixes) { prefix, text in
                text += prefix.host.name.utf8
                text += prefix.path
            }
        }
        if !selectors.tags.isEmpty {
            begin("tags", &json)
            json.add(strings: selectors.tags) { $1 += $0.bytes }
        }
        if !selectors.urls.isEmpty {
            begin("urls", &json)
            json.add(strings: selectors.urls) { url, text in
                text += url.scheme.rawValue.utf8
                text += "://".utf8
                text += url.host.name.utf8
                text += url.target
            }
        }
    }

    /// Writes an order in its canonical form, fields sorted, no spaces.
    package static func encode(_ order: AgentOrder) -> [UInt8] {
        CanonicalJSON.encode(
            EncodedOrder(
                id: order.id, acceptedAt: order.acceptedAt, order: [order.action.rawValue: order.agent]))
    }
}

private struct EncodedOrder: Encodable {
    enum CodingKeys: String, CodingKey {
        case id, order
        case acceptedAt = "accepted_at"
    }

    let id: PurgeID
    let acceptedAt: Timestamp
    let order: [String: String]
}

extension PurgeEvent {
    /// Bytes of its JSON, about.
    fileprivate var bytesAbout: Int {
        var count = 300 + 40 * scope.patterns.count + 30 * selectors.hosts.count
        for url in selectors.urls { count += 40 + url.target.count }
        for tag in selectors.tags { count += 3 + tag.bytes.count }
        for prefix in selectors.prefixes { count += 30 + prefix.path.count }
        return count
    }
}
