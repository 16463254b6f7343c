/// One piece of a ``CacheKeyTemplate``.
enum CacheKeyPart: Hashable, Sendable {
    /// Text between variables; never empty.
    case literal([UInt8])
    /// One of these texts; the empty one last.
    case values([[UInt8]])
    /// A number, or nothing (`$server_port`).
    case digits
    /// An address (`$server_addr`).
    case address
    /// The host, perhaps with a port; of an upstream, it is not the visitors'.
    case host(isVisitors: Bool)
    /// Path and query as the visitor sent them (`$request_uri`).
    case sent
    /// The decoded path (`$uri`).
    case path
    /// `?`, or nothing where there is no query (`$is_args`).
    case questionMark
    /// The query (`$args`).
    case query
    /// The value of one argument (`$arg_NAME`).
    case argument(String)
    /// The target and what follows it and cannot be told from it.
    case openTarget(TargetForm)
    /// `bytes=0-1048575`, or nothing.
    case slice
    /// A variable that purges do not know.
    case other(String)

    /// What a variable of nginx is in a key.
    ///
    /// - Parameter name: without `$`.
    static func variable(_ name: String) -> CacheKeyPart {
        switch name {
        case "scheme", "ssl_preread_protocol": texts(["https", "http"])
        case "http_x_forwarded_proto", "http_x_forwarded_scheme", "http_x_scheme", "http_x_forwarded_protocol":
            texts(["https", "http", "HTTPS", "HTTP", ""])
        case "https", "http_x_forwarded_ssl": texts(["on", "off", ""])
        case "request_method": texts(["GET", "HEAD", "POST"])  // all that nginx caches (proxy_cache_methods)
        case "server_protocol": texts(["HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0", ""])
        case "host", "http_host", "server_name", "ssl_server_name", "http_x_forwarded_host", "http_x_original_host",
            "http_x_host":
            .host(isVisitors: name != "server_name")
        case "proxy_host", "proxy_add_host": .host(isVisitors: false)
        case "server_port", "proxy_port", "remote_port", "http_x_forwarded_port": .digits
        case "server_addr", "remote_addr", "realip_remote_addr": .address
        case "request_uri": .sent
        case "uri", "document_uri": .path
        case "is_args": .questionMark
        case "args", "query_string": .query
        case "slice_range": .slice
        default: name.hasPrefix("arg_") ? .argument(String(name.dropFirst(4))) : .other(name)
        }
    }

    /// One of these texts, in whatever order they are given.
    static func texts(_ values: [String]) -> CacheKeyPart {
        .values(Set(values).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }.map { Array($0.utf8) })
    }

    /// The form of a target that nobody can tell from what follows it: as much of its text as a purge can write.
    static func text(_ parts: ArraySlice<CacheKeyPart>) -> TargetForm {
        guard parts.first != .sent else { return TargetForm(path: .sent, query: .whole, isOpen: true) }
        let pieces = parts.prefix { $0.piece != nil }.compactMap(\.piece)
        return TargetForm(
            path: .decoded, query: .none, pieces: pieces, isOpen: pieces.count < parts.count)
    }

    /// What a purge writes in its place; nil where it does not know.
    private var piece: TargetForm.Piece? {
        switch self {
        case .literal(let bytes): .literal(bytes)
        case .path: .path
        case .questionMark: .questionMark
        case .query: .query
        case .argument(let name): .argument(name)
        default: nil
        }
    }

    var isHost: Bool {
        if case .host = self { true } else { false }
    }

    /// Whether an object's path is in it.
    var isTarget: Bool {
        switch self {
        case .sent, .path, .openTarget: true
        default: false
        }
    }

    var isOther: Bool {
        if case .other = self { true } else { false }
    }

    /// Whether it is text of any kind, whose end nobody sees unless something known follows.
    var isFreeText: Bool {
        switch self {
        case .sent, .path, .query, .argument, .other: true
        default: false
        }
    }

    /// Whether it may be nothing at all.
    var mayBeEmpty: Bool {
        switch self {
        case .values(let values): values.contains([])
        case .digits, .questionMark, .query, .argument, .slice, .other: true
        case .literal, .address, .host, .sent, .path, .openTarget: false
        }
    }
}
