import PurgeModel

/// A purge as a library writes it whose fields are these.
struct PlainEvent: Encodable {
    struct Named: Encodable {
        let urls: [String]?
        let tags: [String]?
        let hosts: [String]?
        let prefixes: [String]?
        let everything: Bool?
    }

    private enum CodingKeys: String, CodingKey {
        case id, zone, scope, selectors, mode, source, reason
        case acceptedAt = "accepted_at"
    }

    let id: String
    let zone: String
    let scope: [String]?
    let selectors: Named
    let mode: String
    let acceptedAt: String
    let source: String
    let reason: String?

    init(_ event: PurgeEvent) {
        id = event.id.description
        zone = event.zone
        scope = Self.texts(event.scope.patterns)
        selectors = Named(
            urls: Self.texts(event.selectors.urls), tags: Self.texts(event.selectors.tags),
            hosts: Self.texts(event.selectors.hosts), prefixes: Self.texts(event.selectors.prefixes),
            everything: event.selectors.everything ? true : nil)
        mode = event.mode.rawValue
        acceptedAt = event.acceptedAt.description
        source = event.source
        reason = event.reason
    }

    private static func texts(_ values: [some CustomStringConvertible]) -> [String]? {
        values.isEmpty ? nil : values.map(\.description)
    }
}
