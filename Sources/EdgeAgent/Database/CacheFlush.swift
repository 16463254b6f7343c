import PurgeModel
import RocksDB

/// A cache of which everything is to be purged: asked for by an operator, or because another directory took its place.
///
/// It is kept in `meta` until its marks are on the disk for sure, so that neither a crash nor a power loss makes it half a flush.
struct CacheFlush: Hashable, Sendable {
    /// Number of the cache path.
    var cache: UInt8
    var mode: PurgeMode
    /// Whether all was purged, but may not be on the disk yet.
    var isDone = false

    private static let prefix = Array("flush/".utf8)
    private var key: [UInt8] { Self.prefix + [cache] }

    /// All that are kept.
    static func all(_ database: Database) throws -> [CacheFlush] {
        var entries: [([UInt8], [UInt8])] = []
        try database.scan(in: try database.columnFamily("meta"), from: prefix, to: prefix.prefixEnd) { key, value in
            entries.append((key.copy(), value.copy()))
            return .next
        }
        return try entries.map { key, value in
            guard let cache = key.last, value.count == 2 else { throw IndexFormatError() }
            return CacheFlush(cache: cache, mode: value[0] == 0 ? .delete : .invalidate, isDone: value[1] == 1)
        }
    }

    /// After a power loss: what was done may be undone.
    static func repeatAll(_ database: Database) throws {
        let meta = try database.columnFamily("meta")
        var batch = WriteBatch()
        for var flush in try all(database) {
            flush.isDone = false
            flush.put(into: &batch, meta)
        }
        try database.write(batch, sync: true)
    }

    /// Keeps it.
    func put(into batch: inout WriteBatch, _ meta: ColumnFamily) {
        batch.put(key, [mode == .delete ? 0 : 1, isDone ? 1 : 0], in: meta)
    }

    /// Forgets it.
    func delete(from batch: inout WriteBatch, _ meta: ColumnFamily) { batch.delete(key, in: meta) }
}
