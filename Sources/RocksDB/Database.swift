internal import CRocksDB

/// An open RocksDB database.
///
/// All methods may be called from any thread.
///
/// Calls block on the disk: make them on a thread of your own, never on the cooperative pool.
///
/// `close()` may be called at any time. Calls that are inside finish first, later ones throw `.closed`. The one thing
/// not to do is to call it from the body of `withValue` or `scan` of the same database: it would wait for itself.
package final class Database: Sendable {
    let handles: DatabaseHandles
    /// The directory.
    package let path: String
    private let reserve: SpaceReserve

    /// Opens the database in a directory, which only one `Database` at a time may do.
    ///
    /// All families on disk are opened, also those not asked for (RocksDB demands it); those asked for and missing
    /// are created.
    ///
    /// - Parameters:
    ///   - path: the directory. Its parent must exist.
    ///   - options: what all families share.
    ///   - columnFamilies: the families needed. "default" always exists and need not be named.
    /// - Throws: `.locked` when it is open elsewhere; `.corruption` when files are damaged or missing; `.ioError`,
    ///   `.noSpace`, `.lowSpace`; `.invalidArgument` for options out of range, or when there is no database and
    ///   `createIfMissing` is false.
    package init(
        path: String, options: DatabaseOptions = DatabaseOptions(), columnFamilies: [ColumnFamilyOptions]
    ) throws(RocksDBError) {
        self.path = path
        reserve = SpaceReserve(path: path, bytes: options.reserveBytes)
        try reserve.check()
        handles = try DatabaseOpening.open(path: path, options: options, columnFamilies: columnFamilies)
    }

    /// Closes the database and gives the lock free.
    ///
    /// Waits for calls in other threads. Everything written is durable afterwards.
    package func close() { handles.close() }

    /// Names of all open families, sorted.
    ///
    /// Empty after `close()`.
    package var columnFamilyNames: [String] { handles.gate.isShut ? [] : handles.families.keys.sorted() }

    /// The family of that name.
    ///
    /// Throws `.invalidArgument` when there is none.
    package func columnFamily(_ name: String) throws(RocksDBError) -> ColumnFamily {
        if handles.gate.isShut { throw .closed }
        guard let entry = handles.families[name] else {
            throw RocksDBError(
                code: .invalidArgument,
                message:
                    "no column family \(name.debugDescription) in \(path); there are \(handles.families.keys.sorted())"
            )
        }
        return ColumnFamily(entry: entry)
    }

    /// The value stored for a key, nil when there is none.
    package func value(forKey key: [UInt8], in family: ColumnFamily) throws(RocksDBError) -> [UInt8]? {
        try withValue(forKey: key.span, in: family) { value in
            unsafe value?.withUnsafeBufferPointer { unsafe [UInt8]($0) }
        }
    }

    /// Shows the value stored for a key to `body`, without a copy; nil when there is none.
    ///
    /// The block that holds the value stays in memory while `body` runs: keep it short.
    @inline(__always)
    package func withValue<R>(
        forKey key: Span<UInt8>, in family: ColumnFamily, _ body: (Span<UInt8>?) -> R
    ) throws(RocksDBError) -> R {
        try unsafe handles.withFamily(family) { (database, familyPointer) throws(RocksDBError) -> R in
            let options = unsafe handles.readOptions
            let found = try unsafe callLibrary("reading from \(family.name) in \(path)") { error in
                unsafe withLibraryBytes(key) { start, count in
                    unsafe rocksdb_get_pinned_cf(database, options, familyPointer, start, count, error)
                }
            }
            guard let found = unsafe found else { return body(nil) }
            defer { unsafe rocksdb_pinnableslice_destroy(found) }
            var count = 0
            let start = unsafe rocksdb_pinnableslice_value(found, &count)
            return unsafe body(libraryBuffer(start, count).span)
        }
    }

    /// The values of many keys in one call, in the order of the keys; nil where there is none.
    ///
    /// Keys may repeat.
    ///
    /// Faster than one by one: RocksDB looks at each filter, index and block once for all keys that need it.
    package func values(forKeys keys: [[UInt8]], in family: ColumnFamily) throws(RocksDBError) -> [[UInt8]?] {
        try unsafe handles.withFamily(family) { (database, familyPointer) throws(RocksDBError) -> [[UInt8]?] in
            try unsafe MultiGet.values(
                forKeys: keys, database: database, family: familyPointer, options: handles.readOptions,
                action: "reading \(keys.count) keys from \(family.name) in \(path)"
            )
        }
    }

    /// Applies a batch: all of it or, on failure, nothing.
    ///
    /// - Parameters:
    ///   - batch: what to write. It stays as it is: `clear()` it to use it again.
    ///   - sync: whether to return only when it is on the disk. Without it, it survives the end of the process, but
    ///     not a power loss.
    /// - Throws: `.invalidArgument` when an entry of the batch was refused; the first such entry is named.
    ///   `.lowSpace`: see `DatabaseOptions.reserveBytes`. `.noSpace`, `.ioError`, `.corruption`, `.other`: all further
    ///   writes throw the same until the database is opened again.
    package func write(_ batch: borrowing WriteBatch, sync: Bool) throws(RocksDBError) {
        try check(batch)
        try reserve.check()
        defer { withExtendedLifetime(batch) {} }
        let pointer = unsafe batch.pointer
        try unsafe handles.withDatabase { (database) throws(RocksDBError) in
            let options = unsafe handles.writeOptions(sync: sync)
            do throws(RocksDBError) {
                try unsafe callLibrary("writing a batch to \(path)") { error in
                    unsafe rocksdb_write(database, options, pointer, error)
                }
            } catch {
                handles.note(failedWrite: error)
                throw error
            }
        }
    }

    /// Throws `.lowSpace` while a write would.
    ///
    /// For whoever does something that has to be written down afterwards.
    package func checkSpace() throws(RocksDBError) { try reserve.check() }

    /// Throws what adding to the batch could not.
    private func check(_ batch: borrowing WriteBatch) throws(RocksDBError) {
        if handles.gate.isShut { throw .closed }
        if let refusal = batch.refusal { throw refusal }
        if let failure = handles.failedWrite { throw failure }
        if let gate = batch.gate, gate !== handles.gate { throw .foreignFamily("of the batch") }
    }
}
