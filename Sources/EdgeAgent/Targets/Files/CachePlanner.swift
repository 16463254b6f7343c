import PurgeModel

/// Finds out what the caches of a configuration need: numbers, a new index, flushes.
struct CachePlanner: Sendable {
    private let meta: Meta
    /// Makes the source of one cache; throws what is wrong with its configuration.
    private let makeSource: @Sendable (UInt8, CacheConfiguration, AgentConfiguration) throws -> CacheSource

    /// Counts up when what an object is called under the same settings changes.
    private static let naming = 4

    init(
        _ database: AgentDatabase,
        makeSource: @escaping @Sendable (UInt8, CacheConfiguration, AgentConfiguration) throws -> CacheSource
    ) {
        meta = database.meta
        self.makeSource = makeSource
    }

    /// Gives each configured cache the number that its path always had.
    ///
    /// What was indexed under other settings (cache key, tag headers, normalisation) could not be found any more: then
    /// the whole index is dropped, and the next scan makes it anew. A path that was not looked after until now, or
    /// under another cache key, has missed the purges of before, and is flushed. Nothing is written.
    func plan(_ configuration: AgentConfiguration) throws -> CachePlan {
        guard !configuration.caches.isEmpty else { throw AgentError("no caches are configured: set 'caches'") }
        var known = Dictionary(uniqueKeysWithValues: try meta.caches.all().map { ($0.key, $0.value) })
        let active = try meta.activeCaches.value() ?? known.values.map(\.number)
        let isNewAgent = known.isEmpty
        var plan = CachePlan()
        for cache in configuration.caches {
            let names = cache.naming
            // The number tells of an index that an earlier version made, and that would have fewer names and tags.
            let settings = names + "\(configuration.normalization) \(configuration.tagHeaders) \(Self.naming)"
            let next = (known.values.map { Int($0.number) }.max() ?? -1) + 1
            guard let number = known[cache.path]?.number ?? UInt8(exactly: next) else {
                throw AgentError("more than 256 cache paths were used with this state directory; remove it")
            }
            // Under another key purges did not find what is there, and nginx finds it again when the key comes back.
            let hasOtherNames = known[cache.path].map { !$0.settings.hasPrefix(names) } ?? false
            let isOther = known[cache.path].map { $0.settings != settings } ?? false
            plan.isIndexStale = plan.isIndexStale || isOther
            known[cache.path] = KnownCache(number: number, settings: settings)
            plan.known.append((cache.path, KnownCache(number: number, settings: settings)))
            if !isNewAgent, !active.contains(number) || hasOtherNames {
                plan.flushes.append((number, CacheFlush(mode: configuration.flushMode)))
            }
            plan.sources.append(try makeSource(number, cache, configuration))
        }
        return plan
    }
}
