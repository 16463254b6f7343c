import Foundation
import LinuxFiles
import Logging
import RocksDB
import Threads

/// The control plane's state directory: a lock, and one RocksDB with the history of purges and the state of rate
/// limits.
///
/// Nothing in it is the only copy of a promise: purges and acknowledgements are in Kafka. So a database that is damaged
/// is moved aside, and a new one begins empty. Nothing waits for the disk either; a power loss takes the last seconds.
final class ControlStore: Sendable {
    /// The form of keys and values; a database of another form is moved aside as well.
    private static let formatVersion: UInt8 = 1
    private static let formatKey = Array("format".utf8)
    private static let families = ["history", "limits", "meta"]
    /// With more, those who read much would take the processors from those who purge.
    private static let readsAtOnce = 2
    /// Reads of one tenant that may wait.
    private static let readsWaitingMax = 64

    let database: Database
    /// Purges that were accepted, what became of them, and times to confirmed; by id and by time.
    let history: ColumnFamily
    /// Rate limits: one bucket a key.
    let limits: ColumnFamily
    /// How far the topics were read, and the form of the database.
    let meta: ColumnFamily

    private let lock: FileLock
    /// Calls into RocksDB block; they are made here, never on the cooperative pool.
    private let queue = WorkQueue(name: "edge-purge.control-store")
    private let reads = TurnQueue<Tenant>(
        name: "edge-purge.control-reads", width: readsAtOnce, waitingMax: readsWaitingMax)

    /// Opens the state directory, and makes it if it is not there.
    ///
    /// Blocks. Throws ``ControlStoreError`` when the directory cannot be used or another control plane uses it.
    /// - Parameters:
    ///   - directory: the state directory.
    ///   - logger: told when a damaged database is moved aside.
    ///   - load: called with the open store, before anybody else can use it. When it finds the database damaged, it is
    ///     called again with an empty one.
    static func open(
        directory: String, logger: Logger, load: (ControlStore) throws -> Void = { _ in }
    ) throws -> ControlStore {
        let lock = try lock(directory)
        let path = directory + "/db"
        do {
            return try open(path, lock: lock, load: load)
        } catch let error as RocksDBError where error.code == .corruption {
            let aside = path + ".damaged"
            logger.error(
                "the state of the control plane is damaged: it is moved aside, and history and limits begin anew",
                metadata: ["path": "\(path)", "aside": "\(aside)", "error": "\(error)"])
            // One is enough to look at, and they must not fill the disk.
            try? FileManager.default.removeItem(atPath: aside)
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            return try open(path, lock: lock, load: load)
        }
    }

    private static func open(
        _ path: String, lock: FileLock, load: (ControlStore) throws -> Void
    ) throws -> ControlStore {
        let store = try ControlStore(path: path, lock: lock)
        do {
            try load(store)
            return store
        } catch {
            store.database.close()
            throw error
        }
    }

    private init(path: String, lock: FileLock) throws {
        self.lock = lock
        database = try Database(
            path: path,
            // What RocksDB may still write by itself has to stay free: a full disk could end the process.
            options: DatabaseOptions(
                blockCacheBytes: 32 << 20, totalWriteBufferBytes: 32 << 20, reserveBytes: 64 << 20),
            columnFamilies: Self.families.map { name in
                ColumnFamilyOptions(name: name, bottommostCompression: name == "history" ? .zstd : nil)
            })
        history = try database.columnFamily("history")
        limits = try database.columnFamily("limits")
        meta = try database.columnFamily("meta")
        switch try database.value(forKey: Self.formatKey, in: meta) {
        case nil:
            var batch = WriteBatch()
            batch.put(Self.formatKey, [Self.formatVersion], in: meta)
            try database.write(batch, sync: false)
        case [Self.formatVersion]: break
        case .some(let other):
            database.close()
            throw RocksDBError(code: .corruption, message: "\(path) was written by another version (format \(other))")
        }
    }

    /// Reads on a thread of its own: beside writes, a few at once, and tenants take turns.
    ///
    /// A piece should take a few milliseconds at most. Errors: `TurnQueue.Full` where much of the tenant's waits
    /// already; `CancellationError` where nobody waits for the answer any more.
    func read<R: Sendable>(
        for tenant: Tenant, _ work: @escaping @Sendable (ControlStore) throws -> R
    ) async throws -> R {
        try await reads.run(for: tenant) { try work(self) }
    }

    /// Runs blocking work on the store's own thread, one piece at a time, in the order of the calls.
    func run<R: Sendable>(_ work: @escaping @Sendable (ControlStore) throws -> R) async throws -> R {
        try await queue.run { try work(self) }
    }

    /// Closes the database and gives the directory free, after work under way is done.
    func close() async throws {
        try await run { store in
            store.database.close()
            store.lock.release()
        }
    }

    private static func lock(_ directory: String) throws(ControlStoreError) -> FileLock {
        do throws(FileError) {
            try NewDirectory.make(directory, permissions: 0o700)
            return try FileLock(path: directory + "/lock")
        } catch {
            if error.isLocked {
                throw ControlStoreError(
                    "another control plane uses the state directory '\(directory)': give each one of its own")
            }
            throw ControlStoreError(
                "the state directory '\(directory)' cannot be used (\(error)): make it, owned by the user of the "
                    + "control plane, or set state_directory")
        }
    }
}
