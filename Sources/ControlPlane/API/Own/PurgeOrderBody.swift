internal import PurgeModel

/// The body of `POST /v1/purges` as it came: right types and known fields, nothing judged yet.
///
/// Fields that are not known are refused: a mistyped `mode` must not turn an invalidation into a deletion.
struct PurgeOrderBody: Decodable, Sendable {
    /// What is named.
    struct Named: Decodable, Sendable {
        private enum CodingKeys: String, CodingKey, CaseIterable {
            case urls, tags, hosts, prefixes, everything
        }

        var urls: [String]?
        var tags: [String]?
        var hosts: [String]?
        var prefixes: [String]?
        var everything: Bool?

        init(from decoder: any Decoder) throws {
            try AnyField.refuseUnknown(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
            let container = try decoder.container(keyedBy: CodingKeys.self)
            urls = try container.decodeIfPresent([String].self, forKey: .urls)
            tags = try container.decodeIfPresent([String].self, forKey: .tags)
            hosts = try container.decodeIfPresent([String].self, forKey: .hosts)
            prefixes = try container.decodeIfPresent([String].self, forKey: .prefixes)
            everything = try container.decodeIfPresent(Bool.self, forKey: .everything)
        }
    }

    /// A field by whatever name.
    private struct AnyField: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }

        static func refuseUnknown(in decoder: any Decoder, known: [String]) throws {
            let fields = try decoder.container(keyedBy: AnyField.self).allKeys.map(\.stringValue)
            guard let unknown = fields.filter({ !known.contains($0) }).min() else { return }
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "the field '\(unknown.quotable)' is not known here; known are: "
                        + known.joined(separator: ", ")))
        }
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case zone, selectors, mode, reason, id
    }

    /// The zone by id or name.
    var zone: String
    var selectors: Named
    /// `delete` or `invalidate`; nil: `delete`.
    var mode: String?
    var reason: String?
    /// The id the caller wants it to have.
    var id: String?

    init(from decoder: any Decoder) throws {
        try AnyField.refuseUnknown(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        zone = try container.decode(String.self, forKey: .zone)
        selectors = try container.decode(Named.self, forKey: .selectors)
        mode = try container.decodeIfPresent(String.self, forKey: .mode)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        id = try container.decodeIfPresent(String.self, forKey: .id)
    }
}
