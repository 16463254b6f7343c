/// The body of `POST /v1/purges`: right types and known fields, nothing judged yet.
///
/// Fields that are not known are refused: a mistyped `mode` must not turn an invalidation into a deletion.
package struct PurgeOrderBody: Codable, Sendable {
    /// What is named, as texts.
    package struct Named: Codable, Sendable {
        private enum CodingKeys: String, CodingKey, CaseIterable {
            case urls, tags, hosts, prefixes, everything
        }

        package let urls: [String]?
        package let tags: [String]?
        package let hosts: [String]?
        package let prefixes: [String]?
        package let everything: Bool?

        package init(
            urls: [String]? = nil, tags: [String]? = nil, hosts: [String]? = nil, prefixes: [String]? = nil,
            everything: Bool? = nil
        ) {
            self.urls = urls
            self.tags = tags
            self.hosts = hosts
            self.prefixes = prefixes
            self.everything = everything
        }

        package init(from decoder: any Decoder) throws {
            try UnknownField.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
            let container = try decoder.container(keyedBy: CodingKeys.self)
            urls = try container.decodeIfPresent([String].self, forKey: .urls)
            tags = try container.decodeIfPresent([String].self, forKey: .tags)
            hosts = try container.decodeIfPresent([String].self, forKey: .hosts)
            prefixes = try container.decodeIfPresent([String].self, forKey: .prefixes)
            everything = try container.decodeIfPresent(Bool.self, forKey: .everything)
        }
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case zone, selectors, mode, reason, id
    }

    /// The zone by id or name.
    package let zone: String
    package let selectors: Named
    /// `delete` or `invalidate`; nil: `delete`.
    package let mode: String?
    package let reason: String?
    /// The id the caller wants it to have.
    package let id: String?

    package init(zone: String, selectors: Named, mode: String?, reason: String?, id: String?) {
        self.zone = zone
        self.selectors = selectors
        self.mode = mode
        self.reason = reason
        self.id = id
    }

    package init(from decoder: any Decoder) throws {
        try UnknownField.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        zone = try container.decode(String.self, forKey: .zone)
        selectors = try container.decode(Named.self, forKey: .selectors)
        mode = try container.decodeIfPresent(String.self, forKey: .mode)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        id = try container.decodeIfPresent(String.self, forKey: .id)
    }
}
