import Foundation
import LinuxFiles
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
            path: directory + "/db", options: DatabaseOptions(blockCacheBytes: configuration.blockCacheBytes),
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
    func caches(_ configuration: AgentConfiguration) throws -> [NginxCache] {
        guard !configuration.caches.isEmpty else { throw AgentError("no caches are configured: set 'caches'") }
        let meta = try database.columnFamily("meta")
        let prefix = Array("cache/".utf8)
        var numbers: [String: UInt8] = [:]
        try database.scan(in: meta, from: prefix, to: prefix.prefixEnd) { key, value in
            let path = String(decoding: key.copy().dropFirst(prefix.count), as: UTF8.self)
            if !value.isEmpty { numbers[path] = value[0] }
            return .next
        }
        return try configuration.caches.map { cache in
            let number: UInt8
            if let known = numbers[cache.path] {
                number = known
            } else {
                let next = (numbers.values.max().map(Int.init) ?? -1) + 1
                guard let free = UInt8(exactly: next) else {
                    throw AgentError("more than 256 cache paths were used with this state directory; remove it")
                }
                number = free
                numbers[cache.path] = free
                var batch = WriteBatch()
                batch.put(prefix + Array(cache.path.utf8), [free], in: meta)
                try database.write(batch, sync: false)
            }
            return try NginxCache(
                number: number, configuration: cache, tagHeaders: configuration.tagHeaders,
                normalization: configuration.normalization
            )
        }
    }

    /// The index is compressed for size: its bytes per object are a promise (DESIGN section 10).
    private static var families: [ColumnFamilyOptions] {
        let index = ["objects", "files", "urls", "tags", "names"].map { name in
            ColumnFamilyOptions(
                name: name, bottommostCompression: .zstd, bottommostDictionaryBytes: 16 << 10, bloomBitsPerKey: nil,
                blockBytes: 16 << 10
            )
        }
        return index + ["queue", "meta"].map { ColumnFamilyOptions(name: $0) }
    }

    private static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
}
