/// One cache that the agent looks after.
package struct CacheConfiguration: Sendable, Hashable {
    /// What keeps the cache.
    package var kind: CacheKind
    /// The directory given to `proxy_cache_path`.
    package var path: String
    /// The values of `proxy_cache_key` under which objects are stored here, word for word
    /// (`$scheme://$host$request_uri`); at least one, see `CacheKeyTemplate`.
    package var cacheKeys: [String]
    /// The hosts of every object where a key has none of the visitors' (`proxy_cache_key $uri`).
    package var hosts: [String]
    /// What variables in the keys hold, by their names without `$`.
    package var values: [String: CacheKeyVariable]

    /// Creates the configuration of one cache.
    package init(
        kind: CacheKind = .nginx, path: String, cacheKeys: [String], hosts: [String] = [],
        values: [String: CacheKeyVariable] = [:]
    ) {
        self.kind = kind
        self.path = path
        self.cacheKeys = cacheKeys
        self.hosts = hosts
        self.values = values
    }

    /// All that decides what an object is called, as text: other names are other text.
    var naming: String {
        let values = values.sorted { $0.key < $1.key }.map { name, value in
            switch value {
            case .oneOf(let texts): " \(name)=\(texts)"
            case .same(let other): " \(name)=$\(other)"
            }
        }
        return cacheKeys.joined(separator: "\n") + " " + hosts.joined(separator: " ") + " " + values.joined()
    }
}
