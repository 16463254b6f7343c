/// Something that lies next to what a purge names, and that somebody may have meant.
package struct Neighbour: Sendable, Hashable, CustomStringConvertible {
    /// How it is written in a purge: a URL, a prefix or a host.
    package let description: String
    /// Names it alone.
    package let selectors: Selectors

    private init(_ url: PurgeURL) {
        description = url.description
        selectors = Selectors(urls: [url])
    }

    private init(_ prefix: PathPrefix) {
        description = prefix.description
        selectors = Selectors(prefixes: [prefix])
    }

    private init(_ host: HostName) {
        description = host.name
        selectors = Selectors(hosts: [host])
    }

    /// Bytes of one: it is told with each acknowledgement.
    package static let bytesMax = 200
    /// Selectors of each kind that neighbours are looked for of.
    private static let selectorsMax = 4

    /// What lies next to the first URLs, prefixes and hosts of a purge: with the slash at the end or without, with
    /// `www.` or without, without the query.
    ///
    /// - Parameter scope: what the purge may touch; nothing outside is a neighbour.
    package static func all(of selectors: Selectors, in scope: Scope) -> [Neighbour] {
        let urls = selectors.urls.prefix(selectorsMax).flatMap { of($0) }
        let prefixes = selectors.prefixes.prefix(selectorsMax).compactMap { prefix -> Neighbour? in
            guard let host = otherHost(prefix.host) else { return nil }
            let text = host.name + String(decoding: prefix.path, as: UTF8.self)
            return (try? PathPrefix(validating: text)).map(Neighbour.init)
        }
        let hosts = selectors.hosts.prefix(selectorsMax).compactMap { otherHost($0).map(Neighbour.init) }
        // Looked up, and not compared with each pattern: an event may have tens of thousands of these.
        let index = ScopeIndex(scope)
        return (urls + prefixes + hosts).filter { neighbour in
            neighbour.description.utf8.count <= bytesMax
                && (scope.isEmpty || neighbour.namedHosts.allSatisfy(index.contains))
        }
    }

    /// Reads one as it is written; nil for what names nothing, or something outside the scope.
    package init?(_ text: String, in scope: Scope) {
        if let url = try? PurgeURL(validating: text) {
            self.init(url)
        } else if text.contains("/"), let prefix = try? PathPrefix(validating: text) {
            self.init(prefix)
        } else if let host = try? HostName(validating: text) {
            self.init(host)
        } else {
            return nil
        }
        guard scope.isEmpty || namedHosts.allSatisfy(scope.contains) else { return nil }
    }

    private var namedHosts: [HostName] {
        selectors.urls.map(\.host) + selectors.prefixes.map(\.host) + selectors.hosts
    }

    private static func of(_ url: PurgeURL) -> [Neighbour] {
        let path = url.target.prefix { $0 != UInt8(ascii: "?") }
        let query = url.target[path.endIndex...]
        let slash = UInt8(ascii: "/")
        let other = path.last == slash ? path.dropLast() : path + [slash]
        let hosts = [url.host, otherHost(url.host)].compactMap { $0 }
        let paths = path.count > 1 ? [path, other] : [path]
        let queries = query.isEmpty ? [query] : [query, []]
        return queries.flatMap { query in
            hosts.flatMap { host in
                paths.compactMap { path -> Neighbour? in
                    let target = String(decoding: path + query, as: UTF8.self)
                    let text = "\(url.scheme.rawValue)://\(host.name)\(target)"
                    guard let neighbour = try? PurgeURL(validating: text), neighbour != url else { return nil }
                    return Neighbour(neighbour)
                }
            }
        }
    }

    private static func otherHost(_ host: HostName) -> HostName? {
        let www = "www."
        guard !host.isAddress else { return nil }
        return try? HostName(validating: host.name.hasPrefix(www) ? String(host.name.dropFirst(4)) : www + host.name)
    }
}
