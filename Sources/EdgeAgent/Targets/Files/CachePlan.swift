import RocksDB

/// The caches that are to be looked after, and what has to be written before they are.
struct CachePlan: Sendable {
    var caches: [NginxCache] = []
    /// Whether what the index holds was read under other settings.
    var isIndexStale = false
    /// Caches that may have missed purges.
    var flushes: [CacheFlush] = []
    /// Entries for `meta`.
    var entries: [(key: [UInt8], value: [UInt8])] = []

    /// Makes it so; drops the index if that is stale.
    func write(to database: Database) throws {
        let meta = try database.columnFamily("meta")
        var batch = WriteBatch()
        for entry in entries { batch.put(entry.key, entry.value, in: meta) }
        for flush in flushes { flush.put(into: &batch, meta) }
        if isIndexStale { try Index.clear(database, into: &batch) }
        try database.write(batch, sync: false)
    }
}
