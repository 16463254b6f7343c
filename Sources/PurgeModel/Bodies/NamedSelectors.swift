/// What a purge names, as answers tell it: what is absent was not named.
package struct NamedSelectors: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case urls, tags, hosts, prefixes, everything
    }

    package let urls: [String]?
    package let tags: [String]?
    package let hosts: [String]?
    package let prefixes: [String]?
    package let everything: Bool?

    /// What these selectors name.
    package init(_ selectors: Selectors) {
        func texts(_ values: [some CustomStringConvertible]) -> [String]? {
            values.isEmpty ? nil : values.map(\.description)
        }
        urls = texts(selectors.urls)
        tags = texts(selectors.tags)
        hosts = texts(selectors.hosts)
        prefixes = texts(selectors.prefixes)
        everything = selectors.everything ? true : nil
    }
}
