/// What stands in `proxy_pass`, where it has no variables.
struct NginxUpstream: Sendable, Hashable {
    /// How the keys begin that nginx makes by itself (ngx_http_proxy_set_vars): `http://backend`, without the port
    /// where it is that of the scheme, or `http://unix:/run/app.sock:`.
    let origin: String
    /// What is put in the place of the location's path; empty where the visitor's URI is handed on.
    let path: String

    /// - Returns: nil for a value that nginx knows only at a request, or refuses.
    init?(_ target: String) {
        guard let scheme = target.firstRange(of: "://"), !target.contains("$") else { return nil }
        let rest = target[scheme.upperBound...]
        if rest.hasPrefix("unix:") {
            let end = rest.dropFirst(5).firstIndex(of: ":").map { rest.index(after: $0) } ?? rest.endIndex
            origin = String(target[..<end]) + (end == rest.endIndex ? ":" : "")
            path = String(rest[end...])
            return
        }
        let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let port = target.hasPrefix("https") ? ":443" : ":80"
        var name = rest[..<start]
        if name.hasSuffix(port) { name = name.dropLast(port.count) }
        origin = String(target[..<scheme.upperBound] + name)
        path = String(rest[start...])
    }

    /// Whether nginx has another name than that of a host in its key.
    var isSocket: Bool { origin.contains("unix:") }
}

extension NginxLocation {
    /// Where it fetches from; nil where that is known only at a request.
    var upstream: NginxUpstream? {
        let pass = levels.reversed().lazy.map { $0.children("proxy_pass") }.first { !$0.isEmpty }
        return pass?.first?.arguments.first.flatMap(NginxUpstream.init)
    }
}
