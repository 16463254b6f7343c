extension CacheConfiguration {
    /// Stands for keys that are built in a way that nobody can take apart, by a map or a hash.
    private static let learn = "learn"

    /// Whether objects whose keys fit no template get their names from the access log.
    package var learnsNames: Bool { cacheKeys.contains(Self.learn) }

    /// The templates of the cache's keys.
    ///
    /// - Throws: what is wrong with a key.
    package func templates() throws(CacheKeyTemplateError) -> [CacheKeyTemplate] {
        var templates: [CacheKeyTemplate] = []
        for key in cacheKeys where key != Self.learn {
            templates.append(try CacheKeyTemplate(key, hosts: hosts, values: values))
        }
        return templates
    }
}
