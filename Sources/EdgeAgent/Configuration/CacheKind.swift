/// What keeps a cache: `caches[].kind`.
package enum CacheKind: String, Sendable, Hashable, CaseIterable {
    /// nginx, with files under `proxy_cache_path`.
    case nginx
}
