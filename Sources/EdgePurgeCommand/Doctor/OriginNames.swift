/// Names of origins in nginx's configuration, which no visitor asks for.
enum OriginNames {
    /// The names in `proxy_pass`, and of `upstream` blocks, that are not those of a server too.
    static func all(in dump: NginxDump) -> Set<String> {
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
