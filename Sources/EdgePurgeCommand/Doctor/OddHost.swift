/// Hosts that no visitor asks for, and that a cache key has all the same where it is read wrongly.
enum OddHost {
    /// Why it looks wrong, as a clause; nil where it does not.
    ///
    /// - Parameters:
    ///   - host: as it stands in a key, possibly with a port.
    ///   - upstreams: names of origins in nginx's configuration.
    static func reason(_ host: String, upstreams: Set<String>) -> String? {
        let isAddress = host.hasPrefix("[")
        let name = isAddress ? host : String(host.prefix { $0 != ":" })
        if name.isEmpty { return "which is empty" }
        if name == "http" || name == "https" { return "which is a scheme" }
        if upstreams.contains(host) || upstreams.contains(name) { return "which is an origin's name in nginx" }
        if !name.contains("."), !isAddress, name != "localhost" { return "which has no dot" }
        return nil
    }

    /// The names in `proxy_pass`, and of `upstream` blocks, that are not those of a server too.
    static func upstreams(in dump: NginxDump) -> Set<String> {
        let http = dump.directives.filter { $0.name == "http" }
        var names = Set(http.flatMap { $0.children("upstream") }.compactMap(\.arguments.first))
        for location in NginxLocation.all(in: dump.directives) {
            guard let origin = location.upstream, !origin.isSocket else { continue }
            let authority = origin.origin.split(separator: "/").last.map(String.init) ?? ""
            names.insert(authority)
        }
        let servers = http.flatMap { $0.children("server") }.flatMap { $0.children("server_name") }
        return names.subtracting(servers.flatMap(\.arguments))
    }
}
