import EdgeAgent

/// A place of nginx that answers from a cache, and can be asked for a page that nobody has.
struct ProbePlace: Sendable {
    let location: NginxLocation
    let listen: NginxListen
    /// The name of the server, or one that it answers too.
    let host: String
    /// What agent.yaml says of its cache; nil where that has none.
    let cache: CacheConfiguration?
    private let start: String
    private let end: String

    /// - Returns: nil for a place that cannot be asked so: one for a single page, or with a regular expression that is
    ///   more than the end of a name; or a server that no plain visitor can use.
    init?(_ location: NginxLocation, cache: CacheConfiguration?) {
        guard let server = location.server, let (start, end) = Self.path(location) else { return nil }
        let listens = server.children("listen")
        let usable = listens.compactMap(NginxListen.init)
        guard
            let listen = usable.first(where: { !$0.isEncrypted }) ?? usable.first ?? (listens.isEmpty ? .standard : nil)
        else { return nil }
        self.location = location
        self.listen = listen
        self.cache = cache
        self.start = start
        self.end = end
        host = Self.host(server, cache)
    }

    /// All of a configuration, at most `limit`, the first of each server before the others.
    static func all(in check: NginxCheck, _ caches: [CacheConfiguration], limit: Int) -> [ProbePlace] {
        let places = check.locations.compactMap { location -> ProbePlace? in
            let path = check.paths.first { $0.zone == location.zone }?.path
            return ProbePlace(
                location, cache: caches.first { cache in path.map { NginxExpectation.isSame(cache.path, $0) } == true })
        }
        var servers: Set<NginxDirective.Place> = []
        let isFirst = places.map { $0.location.server.map { servers.insert($0.place).inserted } ?? true }
        let sorted = zip(places, isFirst).filter(\.1).map(\.0) + zip(places, isFirst).filter { !$0.1 }.map(\.0)
        return Array(sorted.prefix(limit))
    }

    /// What is asked for.
    ///
    /// - Parameter token: is in no other request.
    func target(_ token: String) -> String { "\(start)edge-purge-doctor-\(token)\(end)" }

    private static func path(_ location: NginxLocation) -> (String, String)? {
        guard let block = location.levels.last(where: { $0.name == "location" }) else { return nil }
        switch block.arguments.count {
        case 1:
            let prefix = block.arguments[0]
            return prefix.hasPrefix("/") ? (prefix, "") : nil
        case 2 where block.arguments[0] == "^~": return (block.arguments[1], "")
        case 2 where block.arguments[0].hasPrefix("~"):
            // `\.php$`, `\.(jpg|png)$`: the first of the ends.
            let match = block.arguments[1].wholeMatch(of: /\\\.(?:\((?:\?:)?)?([A-Za-z0-9]+)(?:\|[^()]*)?\)?\$/)
            return match.map { ("/", "." + $0.1) }
        default: return nil
        }
    }

    private static func host(_ server: NginxDirective, _ cache: CacheConfiguration?) -> String {
        for name in server.children("server_name").flatMap(\.arguments) {
            if name.hasPrefix("*.") { return "edge-purge-doctor" + name.dropFirst() }
            if name.hasPrefix(".") { return String(name.dropFirst()) }
            if name.contains(".") && !name.contains(where: { "*~$".contains($0) }) { return name }
        }
        return cache?.hosts.first ?? "edge-purge-doctor.invalid"
    }
}
