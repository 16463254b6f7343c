import CRocksDB
import Synchronization

/// The library's objects behind one open database, and the order in which they go away.
///
/// `@unchecked Sendable` because RocksDB allows its database, families and options to be used from any thread at
/// once, and because everything here is constant but the mutex. The pointers may be used only between `gate.enter()`
/// and `gate.leave()`.
@safe
final class DatabaseHandles: @unchecked Sendable {
    let database: OpaquePointer
    let gate: InFlightGate
    let families: [String: FamilyEntry]
    /// Options as they were given; families found on disk that nobody named are not in it.
    let familyOptions: [String: ColumnFamilyOptions]
    /// What the library calls until the database is closed; they go away after it.
    private let filters: [CompactionFilterHandle]
    private let partitioned: Bool
    /// Options for reads without bounds.
    let readOptions: OpaquePointer
    private let writing: OpaquePointer
    private let writingSynchronously: OpaquePointer
    private let isDestroyed = Mutex(false)
    private let writeFailure = Mutex<RocksDBError?>(nil)

    /// Takes over an open database and its families.
    init(
        database: OpaquePointer, families: [String: OpaquePointer], familyOptions: [ColumnFamilyOptions],
        filters: [CompactionFilterHandle], partitioned: Bool
    ) {
        unsafe self.database = unsafe database
        let gate = InFlightGate()
        self.gate = gate
        var entries: [String: FamilyEntry] = [:]
        for unsafe(name, pointer) in unsafe families {
            entries[name] = unsafe FamilyEntry(name: name, pointer: pointer, gate: gate)
        }
        self.families = entries
        self.familyOptions = Dictionary(familyOptions.map { ($0.name, $0) }) { first, _ in first }
        self.filters = filters
        self.partitioned = partitioned
        unsafe readOptions = rocksdb_readoptions_create()
        unsafe writing = rocksdb_writeoptions_create()
        unsafe writingSynchronously = rocksdb_writeoptions_create()
        unsafe rocksdb_writeoptions_set_sync(writingSynchronously, 1)
    }

    deinit {
        close()
        unsafe rocksdb_readoptions_destroy(readOptions)
        unsafe rocksdb_writeoptions_destroy(writing)
        unsafe rocksdb_writeoptions_destroy(writingSynchronously)
    }

    /// Options for writes.
    func writeOptions(sync: Bool) -> OpaquePointer {
        if sync { unsafe writingSynchronously } else { unsafe writing }
    }

    /// Options to write sorted files for a family.
    func sortedFileOptions(for family: ColumnFamily) -> OwnedHandle {
        let options = familyOptions[family.name] ?? ColumnFamilyOptions(name: family.name)
        return unsafe LibraryOptions.family(options, cache: nil, partitioned: partitioned)
    }

    /// The failure after which the log must not be touched any more.
    ///
    /// RocksDB 7.8 clears some failures by itself, and then writes to the same log file; as Debian builds it, it ends
    /// the process there (`AssertFalseAndGetStatusForPrevError`). What had succeeded before is with the kernel already.
    var failedWrite: RocksDBError? { writeFailure.withLock { $0 } }

    /// Takes note of a write that failed.
    func note(failedWrite error: RocksDBError) {
        guard [.ioError, .noSpace, .corruption, .other].contains(error.code) else { return }
        writeFailure.withLock { $0 = $0 ?? error }
    }

    /// Runs `body` while the database cannot be closed.
    @inline(__always)
    func withDatabase<R>(
        _ body: (OpaquePointer) throws(RocksDBError) -> R
    ) throws(RocksDBError) -> R {
        try gate.enter()
        defer { leaveGate() }
        Self.countNothing()
        return try unsafe body(database)
    }

    /// Runs `body` while the database cannot be closed; a family of another database is refused, as the library would
    /// mix them up.
    @inline(__always)
    func withFamily<R>(
        _ family: ColumnFamily, _ body: (OpaquePointer, OpaquePointer) throws(RocksDBError) -> R
    ) throws(RocksDBError) -> R {
        try enter(family)
        defer { leaveGate() }
        return try unsafe body(database, family.entry.pointer)
    }

    /// Keeps the database from being closed until `gate.leave()`, for a call that is about a family of it.
    @inline(__always)
    func enter(_ family: ColumnFamily) throws(RocksDBError) {
        try gate.enter()
        Self.countNothing()
        guard family.entry.gate === gate else {
            gate.leave()
            throw .foreignFamily(family.name)
        }
    }

    /// Makes the library not count every comparison of keys (`rocksdb/perf_context.h`), which it does unless told
    /// otherwise, for each thread on its own: a tenth of the time of a write.
    @inline(__always)
    private static func countNothing() { rocksdb_set_perf_level(Int32(rocksdb_disable)) }

    /// Keeps this object alive until the gate is left: its last release closes the database, and would wait for this
    /// very call.
    @inline(__always)
    private func leaveGate() {
        gate.leave()
        withExtendedLifetime(self) {}
    }

    /// Refuses new calls, waits for those inside, and destroys everything in the order that RocksDB demands.
    ///
    /// Later calls do nothing, but return only when the first is done.
    func close() {
        isDestroyed.withLock { isDestroyed in
            if isDestroyed { return }
            isDestroyed = true
            let mustWait = gate.shut()
            // A manual compaction can take minutes: it is told to give up, then waited for.
            unsafe rocksdb_disable_manual_compaction(database)
            if mustWait { gate.waitUntilEmpty() }
            // Makes a clean close durable, also for writes without `sync`. Nobody is there to be told of a failure,
            // and the same failure meets whoever needs to know: a write with `sync`, or the next opening.
            if failedWrite == nil {
                _ = try? unsafe callLibrary("flushing the log") { unsafe rocksdb_flush_wal(database, 1, $0) }
            }
            unsafe rocksdb_cancel_all_background_work(database, 1)
            for entry in families.values { unsafe rocksdb_column_family_handle_destroy(entry.pointer) }
            unsafe rocksdb_close(database)
        }
    }
}

extension RocksDBError {
    static func foreignFamily(_ name: String) -> RocksDBError {
        RocksDBError(
            code: .invalidArgument,
            message: "column family \(name) belongs to another database; ask this one for it by name"
        )
    }
}
