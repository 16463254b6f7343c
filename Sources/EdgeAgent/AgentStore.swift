import Foundation
import LinuxFiles
import Logging
import RocksDB

/// The agent's state directory: a lock, one RocksDB with index, queue and offsets, and beside it the file with the positions.
struct AgentStore {
    let lock: FileLock
    let database: Database
    let replay: ReplayWindow

    /// The form of keys and values; a database of another form is refused.
    private static let formatVersion: UInt8 = 1
    private static let formatKey = Array("format".utf8)
    /// There once the file with the positions has been written.
    private static let positionsKey = Array("positions".utf8)

    /// Opens the state directory, and makes it if it is not there.
    ///
    /// Afterwards the queue begins where everything before it is certain to have been applied, and to be on the disk.
    ///
    /// - Throws: `StoreFailure` for a database that is damaged or can't be used now; else what is wrong, and what to do.
    static func open(_ configuration: AgentConfiguration, logger: Logger) throws -> AgentStore {
        let directory = configuration.stateDirectory
        let advice = "Make it, owned by the user of the agent, or set agent.state_directory"
        try NewDirectory.make(directory, advice: advice)
        let lock: FileLock
        do throws(FileError) {
            lock = try FileLock(path: directory + "/lock")
        } catch {
            guard error.isLocked else {
                throw AgentError("the state directory '\(directory)' cannot be used: \(error). \(advice)")
            }
            throw AgentError("another agent uses the state directory '\(directory)': give each agent one of its own")
        }
        let database: Database
        do throws(RocksDBError) {
            database = try Database(
                path: directory + "/db",
                options: DatabaseOptions(
                    blockCacheBytes: configuration.blockCacheBytes, totalWriteBufferBytes: 32 << 20,
                    reserveBytes: configuration.stateReserveBytes),
                columnFamilies: Self.families
            )
        } catch {
            lock.release()
            throw error
        }
        do {
            let replay = try prepare(database, configuration, logger: logger)
            return AgentStore(lock: lock, database: database, replay: replay)
        } catch {
            database.close()
            lock.release()
            throw error
        }
    }

    /// Closes the database and gives the directory free.
    func close() {
        database.close()
        lock.release()
    }

    /// Brings queue and positions together.
    private static func prepare(
        _ database: Database, _ configuration: AgentConfiguration, logger: Logger
    ) throws -> ReplayWindow {
        let directory = configuration.stateDirectory
        let meta = try database.columnFamily("meta")
        let path = directory + "/positions"
        let bootID = bootID(configuration.bootIDFile)
        let file = PositionsFile(path: path)
        switch try database.value(forKey: formatKey, in: meta) {
        case nil:
            var batch = WriteBatch()
            batch.put(formatKey, [formatVersion], in: meta)
            // A new database where there was one before: it was damaged, or somebody removed it.
            if FileManager.default.fileExists(atPath: path) || !DamagedDatabases(directory).names().isEmpty {
                PurgeQueue.recover(file?.partitions, meta: meta, into: &batch)
                logger.notice(
                    "the database is new; what the lost one may have missed is read from Kafka again",
                    metadata: ["positions": "\(file == nil ? "unknown" : "known")"]
                )
            }
            batch.put(positionsKey, [], in: meta)
            try database.write(batch, sync: true)
        case [formatVersion]:
            try goBack(database, meta, file, bootID: bootID, logger: logger)
        case .some(let other):
            throw AgentError(
                "the state directory '\(directory)' was written by another version (format \(other)); "
                    + "remove its 'db': the index is made anew from the cache files, purges are read again from Kafka"
            )
        }
        let replay = ReplayWindow(
            path: path, bootID: bootID, window: configuration.replayWindow, settled: file?.partitions ?? []
        )
        // Not clean any more, before anything is applied.
        try replay.note([], now: .now)
        return replay
    }

    /// Sets the queue back if the machine went down, and the file system may have lost what the queue takes for done.
    private static func goBack(
        _ database: Database, _ meta: ColumnFamily, _ file: PositionsFile?, bootID: String, logger: Logger
    ) throws {
        if let file {
            let isAfterPowerLoss = !file.isClean && file.bootID != bootID
            if isAfterPowerLoss {
                logger.notice("the machine went down without a clean stop; the last purges are applied once more")
            }
            if isAfterPowerLoss { try CacheFlush.repeatAll(database) }
            try PurgeQueue.rewind(database, to: file.partitions, always: isAfterPowerLoss)
        } else if try database.value(forKey: positionsKey, in: meta) != nil {
            logger.error("the file 'positions' is lost or damaged: nobody knows which purges have to be applied again")
            try PurgeQueue.rewind(database, to: [], always: true)
        } else {
            // Written by a version that had no such file, and promised no replay.
            var batch = WriteBatch()
            batch.put(positionsKey, [], in: meta)
            try database.write(batch, sync: true)
        }
    }

    /// Where it can't be read every start counts as one after a power loss.
    private static func bootID(_ path: String) -> String {
        guard let bytes = FileManager.default.contents(atPath: path), !bytes.isEmpty else { return UUID().uuidString }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Opens the configured caches, each under the number that its path always had.
    ///
    /// What was indexed under other settings (cache key, tag headers, normalisation) could not be found any more: then the whole index is
    /// dropped, and the next scan makes it anew. A path that was not looked after until now has missed the purges of before, and is flushed.
    /// Nothing is written before ``CachePlan/write(to:)``.
    func planCaches(_ configuration: AgentConfiguration) throws -> CachePlan {
        guard !configuration.caches.isEmpty else { throw AgentError("no caches are configured: set 'caches'") }
        let meta = try database.columnFamily("meta")
        var known = try knownCaches(meta)
        let active = try database.value(forKey: Self.activeKey, in: meta) ?? known.values.map(\.number)
        let isNewAgent = known.isEmpty
        var plan = CachePlan()
        for cache in configuration.caches {
            let settings =
                "\(cache.cacheKey) \(cache.host ?? "") \(configuration.normalization) \(configuration.tagHeaders)"
            let next = (known.values.map { Int($0.number) }.max() ?? -1) + 1
            guard let number = known[cache.path]?.number ?? UInt8(exactly: next) else {
                throw AgentError("more than 256 cache paths were used with this state directory; remove it")
            }
            let isOther = known[cache.path].map { $0.settings != Array(settings.utf8) } ?? false
            plan.isIndexStale = plan.isIndexStale || isOther
            known[cache.path] = (number, Array(settings.utf8))
            plan.entries.append((Self.cachePrefix + Array(cache.path.utf8), [number] + Array(settings.utf8)))
            if !isNewAgent, !active.contains(number) {
                plan.flushes.append(CacheFlush(cache: number, mode: configuration.missedPurges))
            }
            plan.caches.append(
                try NginxCache(
                    number: number, configuration: cache, tagHeaders: configuration.tagHeaders,
                    normalization: configuration.normalization
                ))
        }
        plan.entries.append((Self.activeKey, plan.caches.map(\.number)))
        return plan
    }

    /// The numbers of the caches that the agent looked after last.
    private static let activeKey = Array("caches".utf8)
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

    /// The index is compressed for size: its bytes per object are a promise (docs/architecture.md).
    private static var families: [ColumnFamilyOptions] {
        let index = Index.familyNames.map { name in
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
}
