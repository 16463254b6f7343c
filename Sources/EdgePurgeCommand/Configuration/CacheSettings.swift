import EdgeAgent

/// Reads `caches` of `agent.yaml`.
enum CacheSettings {
    /// The caches of the machine, each path once; notes what cannot be used.
    static func caches(_ reader: SettingsReader) -> [CacheConfiguration] {
        var caches: [CacheConfiguration] = []
        for index in 0..<reader.count(of: "caches", first: "path") {
            let key = "caches.\(index)"
            let path = reader.requiredText(
                "\(key).path",
                meaning: "the directory given to nginx's proxy_cache_path",
                example: "/var/cache/nginx/pages"
            )
            if !path.isEmpty && !path.hasPrefix("/") {
                reader.refuse("\(key).path", value: path, allowed: "an absolute path, as in proxy_cache_path")
            }
            if caches.contains(where: { $0.path == path }) {
                reader.refuse("is \"\(path)\", which is the path of another cache already", at: "\(key).path")
            }
            let cache = CacheConfiguration(
                kind: reader.choice("\(key).kind", default: .nginx, CacheKind.allCases.map { ($0.rawValue, $0) }),
                path: path,
                cacheKeys: reader.requiredTexts(
                    "\(key).cache_key",
                    meaning: "the value of nginx's proxy_cache_key, word for word, or a list of all that are used here",
                    example: "$scheme://$host$request_uri$slice_range"),
                hosts: reader.texts("\(key).host"),
                values: values("\(key).values", reader)
            )
            do {
                for template in try cache.templates() {
                    for warning in template.warnings {
                        reader.warn("\(template): \(warning)", at: "\(key).cache_key")
                    }
                }
            } catch {
                reader.refuse("cannot be used: \(error)", at: "\(key).cache_key")
            }
            caches.append(cache)
        }
        if caches.isEmpty {
            reader.refuse(
                "caches is missing: list at least one cache of this machine, beginning with `- path: /var/cache/nginx`")
        }
        return caches
    }

    private static func values(_ key: String, _ reader: SettingsReader) -> [String: CacheKeyVariable] {
        reader.textMap(key).mapValues { texts in
            // `proto: $scheme`: the one holds what the other does.
            if texts.count == 1, let name = texts.first, name.hasPrefix("$") { return .same(String(name.dropFirst())) }
            return .oneOf(texts)
        }
    }
}
