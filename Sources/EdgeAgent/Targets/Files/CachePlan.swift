/// The caches that are to be looked after, and what has to be kept before they are.
struct CachePlan: Sendable {
    var sources: [CacheSource] = []
    /// Whether what the index holds was read under other settings.
    var isIndexStale = false
    /// Caches that may have missed purges.
    var flushes: [(cache: UInt8, flush: CacheFlush)] = []
    /// All of them, by path.
    var known: [(path: String, cache: KnownCache)] = []

    /// Keeps it.
    func put(into change: inout Change, _ meta: Meta) {
        for (path, cache) in known { meta.caches.put(path, cache, into: &change) }
        for (cache, flush) in flushes { meta.flushes.put(cache, flush, into: &change) }
        meta.activeCaches.put(sources.map(\.number), into: &change)
    }
}
