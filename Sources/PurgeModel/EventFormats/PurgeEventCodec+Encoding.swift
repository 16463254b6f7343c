import FoundationEssentials

extension PurgeEventCodec {
    /// Writes an event in its canonical form: fields sorted, no spaces, slashes not escaped, empty lists left out.
    ///
    /// The same event always gives the same bytes, and ``decode(value:headers:key:)`` gives the event back.
    package static func encode(_ event: PurgeEvent) -> [UInt8] {
        let selectors = EncodedEvent.Selectors(
            urls: event.selectors.urls.map(\.description).nilIfEmpty,
            tags: event.selectors.tags.map(\.description).nilIfEmpty,
            hosts: event.selectors.hosts.map(\.name).nilIfEmpty,
            prefixes: event.selectors.prefixes.map(\.description).nilIfEmpty,
            everything: event.selectors.everything ? true : nil)
        let encoded = EncodedEvent(
            id: event.id, zone: event.zone, scope: event.scope.patterns.map(\.description).nilIfEmpty,
            selectors: selectors,
            mode: event.mode, acceptedAt: event.acceptedAt, source: event.source, reason: event.reason)
        return CanonicalJSON.encode(encoded)
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

private struct EncodedEvent: Encodable {
    struct Selectors: Encodable {
        let urls: [String]?
        let tags: [String]?
        let hosts: [String]?
        let prefixes: [String]?
        let everything: Bool?
    }

    enum CodingKeys: String, CodingKey {
        case id, zone, scope, selectors, mode, source, reason
        case acceptedAt = "accepted_at"
    }

    let id: PurgeID
    let zone: String
    let scope: [String]?
    let selectors: Selectors
    let mode: PurgeMode
    let acceptedAt: Timestamp
    let source: String
    let reason: String?
}

extension Array {
    fileprivate var nilIfEmpty: Self? { isEmpty ? nil : self }
}
