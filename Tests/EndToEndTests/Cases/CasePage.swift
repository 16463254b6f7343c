/// One request of a visitor, the object that answers it, and the purge that is to name it.
struct CasePage: Sendable {
    /// Which purge names it.
    enum Round: Int, Sendable, CaseIterable {
        case url, tag, prefix, host, everything
    }

    /// Unique in a run; the origin knows it by this.
    var id: String
    /// What its path has that no other unit's has, with the slash before it; neighbours share it.
    var unit: String
    /// Of the caches in the run.
    var cache: Int
    /// Which location.
    var place: Int
    var round: Round
    /// As the visitor's browser has it in `Host`.
    var host: String
    /// Path and query as sent.
    var target: String
    /// Whether the request line has the whole URL.
    var isAbsolute = false
    var method = "GET"
    var headers: [(name: String, value: String)] = []
    var body = ""
    var tags: [String] = []
    var reply: CaseReply

    /// How the visitor would write it in a purge.
    var url: String { "http://\(host)\(target)" }
    /// The host without what does not count.
    var hostName: String {
        let name = host.lowercased().prefix { $0 != ":" }
        return String(name.last == "." ? name.dropLast() : name)
    }
    /// What names all below its first directories.
    var prefix: String {
        let end = target.firstRange(of: unit)?.upperBound ?? target.startIndex
        return host + target[..<end]
    }
}
