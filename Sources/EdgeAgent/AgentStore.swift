import Foundation
import LinuxFiles
import Logging
import RocksDB

/// The agent's state directory: a lock, and one RocksDB with index, queue and offsets.
struct AgentStore {
    let lock: FileLock
    let database: Database

    /// The form of keys and values; a database of another form is refused.
    private static let formatVersion: UInt8 = 1
    private static let formatKey = Array("format".utf8)

    /// Opens the state directory, and makes it if it is not there.
    static func open(_ configuration: AgentConfiguration) throws -> AgentStore {
        let directory = configuration.stateDirectory
        try Self.makeDirectory(directory)
        let lock: FileLock
        do throws(FileError) {
            lock = try FileLock(path: directory + "/lock")
        } catch {
            guard error.isLocked else { throw error }
            throw AgentError("another agent uses the state directory '\(directory)': give each agent one of its own")
        }
        let database = try Database(
            path: directory + "/db",
            options: DatabaseOptions(blockCacheBytes: configuration.blockCacheBytes, totalWriteBufferBytes: 32 << 20),
            columnFamilies: Self.families
        )
        let meta = try database.columnFamily("meta")
        switch try database.value(forKey: formatKey, in: meta) {
        case nil:
            var batch = WriteBatch()
            batch.put(formatKey, [formatVersion], in: meta)
            try database.write(batch, sync: false)
        case [formatVersion]: break
        case .some(let other):
            throw AgentError(
                "the state directory '\(directory)' was written by another version (format \(other)); "
                    + "remove it: the index is made anew from the cache files, purges are read again from Kafka"
            )
        }
        return AgentStore(lock: lock, database: database)
    }

    /// Opens the configured caches, each under the number that its path always had.
    ///
    /// What was indexed under other settings (cache key, tag headers, normalisation) could not be found any more: then the whole index is
    /// dropped, and the first scan makes it anew.
    func caches(_ configuration: AgentConfiguration, logger: Logger) throws -> [NginxCache] {
        guard !configuration.caches.isEmpty else { throw AgentError("no caches are configured: set 'caches'") }
        let meta = try database.columnFamily("meta")
        var known = try knownCaches(meta)
        var isStale = false
        var batch = WriteBatch()
        let caches = try configuration.caches.map { cache in
            let settings =
                "\(cache.cacheKey) \(cache.host ?? "") \(configuration.normalization) \(configuration.tagHeaders)"
            let next = (known.values.map { Int($0.number) }.max() ?? -1) + 1
            guard let number = known[cache.path]?.number ?? UInt8(exactly: next) else {
                throw AgentError("more than 256 cache paths were used with this state directory; remove it")
            }
            isStale = isStale || known[cache.path].map { $0.settings != Array(settings.utf8) } ?? false
            known[cache.path] = (number, Array(settings.utf8))
            batch.put(Self.cachePrefix + Array(cache.path.utf8), [number] + Array(settings.utf8), in: meta)
            return try NginxCache(
                number: number, configuration: cache, tagHeaders: configuration.tagHeaders,
                normalization: configuration.normalization
            )
        }
        if isStale {
            logger.notice("cache settings changed; the index is made anew from the cache files")
            for name in Self.indexFamilies {
                let end = [UInt8](repeating: 0xff, count: 64)
                batch.deleteRange(from: [], to: end, in: try database.columnFamily(name))
            }
            AgentStatusBoard.putObjects(0, into: &batch, meta)
        }
        try database.write(batch, sync: false)
        return caches
    }

    private static let cachePrefix = Array("cache/".utf8)

    /// The number and the settings of every cache path ever configured.
    private func knownCaches(_ meta: ColumnFamily) throws -> [String: (number: UInt8, settings: [UInt8])] {
        var known: [String: (number: UInt8, settings: [UInt8])] = [:]
        try database.scan(in: meta, from: Self.cachePrefix, to: Self.cachePrefix.prefixEnd) { key, value in
            let path = String(decoding: key.copy().dropFirst(Self.cachePrefix.count), as: UTF8.self)
            let bytes = value.copy()
            if let number = bytes.first { known[path] = (number, Array(bytes.dropFirst())) }
            return .next
        }
        return known
    }

    private static let indexFamilies = ["objects", "files", "urls", "tags", "names"]

    /// The index is compressed for size: its bytes per object are a promise (DESIGN section 10).
    private static var families: [ColumnFamilyOptions] {
        let index = indexFamilies.map { name in
            ColumnFamilyOptions(
                name: name, bottommostCompression: .zstd,
                // Every new file asks `files` and `names` for what is mostly not there: its name, and the tags that only it has.
                bloomBitsPerKey: ["files", "names"].contains(name) ? 10 : nil,
                // Objects are read one by one, the others in runs.
                blockBytes: name == "objects" ? 4 << 10 : 16 << 10
            )
        }
        return index + ["queue", "meta"].map { ColumnFamilyOptions(name: $0) }
    }

    private static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
}
