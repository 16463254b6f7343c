extension CacheConfiguration {
    /// The templates of the cache's keys.
    ///
    /// - Throws: what is wrong with a key.
    package func templates() throws(CacheKeyTemplateError) -> [CacheKeyTemplate] {
        var templates: [CacheKeyTemplate] = []
        for key in cacheKeys { templates.append(try CacheKeyTemplate(key, hosts: hosts, values: values)) }
        return templates
    }
}
