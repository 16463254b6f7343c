/// What an agent takes for granted of the nginx of its machine.
struct NginxExpectation: Sendable {
    /// One cache that the agent looks after.
    struct Cache: Sendable {
        /// `caches: - path:`.
        var path: String
        /// The keys that it can take apart, each the value in nginx.
        var keys: [String]
        /// Whether it learns from the access log what other keys stand for.
        var learnsKeys = false
    }

    var caches: [Cache]
    /// `fence.file`; nil where `fence.mode` is `off`.
    var fenceFile: String?
    /// `ask.marker`; nil where nginx does not ask.
    var askMarker: String?
    /// `guard.access_log`; nil where there is none.
    var accessLog: String?

    /// The cache with the directory of an nginx cache path.
    ///
    /// nginx takes a relative one from a prefix that its configuration does not tell.
    func cache(at path: String) -> Cache? { caches.first { Self.isSame($0.path, path) } }

    /// Whether an agent's path is that of an nginx cache path.
    static func isSame(_ own: String, _ other: String) -> Bool {
        let (own, other) = (trimmed(own), trimmed(other))
        return own == other || (!other.hasPrefix("/") && own.hasSuffix("/" + other))
    }

    private static func trimmed(_ path: String) -> Substring {
        var path = path[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        return path
    }
}
