/// What nginx asks before it answers a request from its cache.
struct AskQuestion: Sendable {
    /// The value of `proxy_cache_key` for this request, byte for byte.
    var cacheKey: [UInt8]
    /// The visitor's request; its key is empty.
    var fetch: FetchNames
    /// The directory of the cache that nginx is about to look into, as in agent.yaml; empty: any that has the key.
    var cache: [UInt8]

    /// - Parameters:
    ///   - host: `$host`.
    ///   - requestURI: `$request_uri`.
    init(cacheKey: [UInt8], host: [UInt8], requestURI: [UInt8], cache: [UInt8] = []) {
        self.cacheKey = cacheKey
        self.cache = cache
        fetch = FetchNames(host: host, requestURI: requestURI, key: cacheKey)
    }
}
