// What somebody may have meant otherwise, as far as the purge itself shows it.
extension Selectors {
    /// Sentences about selectors that are good, and most likely name something else than was meant.
    package var messages: [PurgeMessage] {
        [urlWithAsterisk, prefixWithAsterisk].compactMap { $0 }
    }

    /// Whether it names URLs, hosts or prefixes.
    package var namesPlaces: Bool { !urls.isEmpty || !hosts.isEmpty || !prefixes.isEmpty }

    private var urlWithAsterisk: PurgeMessage? {
        let found = urls.filter { $0.target.contains(UInt8(ascii: "*")) }
        guard let url = found.first else { return nil }
        return PurgeMessage(
            .asterisk,
            "A * in a URL is a character like any other: \(QuotedValue(url.description))\(Self.others(found.count)) "
                + "names no other pages. \(Self.advice(host: url.host, path: url.target))")
    }

    private var prefixWithAsterisk: PurgeMessage? {
        let found = prefixes.filter { $0.path.contains(UInt8(ascii: "*")) }
        guard let prefix = found.first else { return nil }
        return PurgeMessage(
            .asterisk,
            "A * in a prefix is a character like any other, and a prefix names everything below it: "
                + "\(QuotedValue(prefix.description))\(Self.others(found.count)) names only paths with a * in them. "
                + Self.advice(host: prefix.host, path: prefix.path))
    }

    /// How many more there are of the kind.
    private static func others(_ count: Int) -> String {
        count == 1 ? "" : ", like \(count - 1) more,"
    }

    /// The prefix, or the host, that names what lies beside and below the asterisk.
    private static func advice(host: HostName, path: [UInt8]) -> String {
        let before = path.prefix { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") }
        let directory = before.lastIndex(of: UInt8(ascii: "/")).map { before[..<$0] } ?? []
        if directory.isEmpty { return "To purge all of the host, name the host \(QuotedValue(host.name))." }
        let prefix = host.name + String(decoding: directory, as: UTF8.self)
        return "To purge all below it, name the prefix \(QuotedValue(prefix))."
    }
}
