/// One cache that the agent looks after.
package struct CacheConfiguration: Sendable, Hashable {
    /// What keeps the cache.
    package var kind: CacheKind
    /// The directory given to `proxy_cache_path`.
    package var path: String
    /// The value of `proxy_cache_key`, word for word (`$scheme://$host$request_uri`); see `CacheKeyTemplate`.
    package var cacheKey: String
    /// The host of every object where the key has none (`proxy_cache_key $uri`).
    package var host: String?

    /// Creates the configuration of one cache.
    package init(kind: CacheKind = .nginx, path: String, cacheKey: String, host: String? = nil) {
        self.kind = kind
        self.path = path
        self.cacheKey = cacheKey
        self.host = host
    }
}
