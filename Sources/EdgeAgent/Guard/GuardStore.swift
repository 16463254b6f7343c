import PurgeModel
import RocksDB

/// The purges that stand as guards, on disk, so that a restart knows of them.
///
/// In family `meta`: `guard/` and the purge's queue key; the value is two varints, the guard's reference and the wall time at which it ends
/// (both milliseconds since 1970), then the message as it was in the queue. Written together with the completion of the purge, removed
/// when the guard has ended. `suspect/` and a key of family `files`: a file that landed under a guard and is not judged yet, written
/// together with its index entry.
struct GuardStore {
    /// One guard as it was kept.
    struct Entry {
        var reference: Int64
        var until: Int64
        var message: QueuedMessage
    }

    private let database: Database
    private let meta: ColumnFamily

    init(database: Database) throws(RocksDBError) {
        self.database = database
        meta = try database.columnFamily("meta")
    }

    /// Keeps a guard, in a batch.
    func put(_ key: QueueKey, _ entry: Entry, into batch: inout WriteBatch) {
        var value: [UInt8] = []
        value.append(varint: UInt64(max(0, entry.reference)))
        value.append(varint: UInt64(max(0, entry.until)))
        batch.put(Self.prefix + key.encoded(), value + entry.message.encoded(), in: meta)
    }

    /// Forgets a guard, in a batch.
    func remove(_ key: QueueKey, from batch: inout WriteBatch) {
        batch.delete(Self.prefix + key.encoded(), in: meta)
    }

    /// The guard of a purge; nil when there is none.
    func entry(_ key: QueueKey) throws -> Entry? {
        guard let value = try database.value(forKey: Self.prefix + key.encoded(), in: meta) else { return nil }
        var reader = ByteReader(value)
        let reference = Int64(truncatingIfNeeded: try reader.varint())
        let until = Int64(truncatingIfNeeded: try reader.varint())
        return Entry(
            reference: reference, until: until, message: try QueuedMessage(decoding: Array(reader.rest)))
    }

    /// The purges that guarded when an earlier run ended, oldest first within each partition.
    func keys() throws -> [QueueKey] {
        var found: [[UInt8]] = []
        try database.scan(in: meta, from: Self.prefix, to: Self.prefix.prefixEnd) { key, _ in
            found.append(Array(key.copy().dropFirst(Self.prefix.count)))
            return .next
        }
        return try found.map { key throws(IndexFormatError) in try QueueKey(decoding: key) }
    }

    // MARK: Files not judged yet

    /// Notes that a file is to be judged, in a batch.
    func putSuspect(_ file: FileLocation, into batch: inout WriteBatch) {
        batch.put(Self.suspectPrefix + IndexKeys.file(file), [], in: meta)
    }

    /// Forgets that a file is to be judged, in a batch.
    func removeSuspect(_ file: FileLocation, from batch: inout WriteBatch) {
        batch.delete(Self.suspectPrefix + IndexKeys.file(file), in: meta)
    }

    /// Forgets it of all files, in a batch.
    func removeAllSuspects(from batch: inout WriteBatch) {
        guard let end = Self.suspectPrefix.prefixEnd else { return }
        batch.deleteRange(from: Self.suspectPrefix, to: end, in: meta)
    }

    /// The files that were to be judged when an earlier run ended.
    func suspects() throws -> [FileLocation] {
        var files: [FileLocation] = []
        var failure: IndexFormatError?
        try database.scan(in: meta, from: Self.suspectPrefix, to: Self.suspectPrefix.prefixEnd) { key, _ in
            do throws(IndexFormatError) {
                files.append(try IndexKeys.file(decoding: key.extracting(Self.suspectPrefix.count..<key.count)))
                return .next
            } catch {
                failure = error
                return .stop
            }
        }
        if let failure { throw failure }
        return files
    }

    private static let prefix = Array("guard/".utf8)
    private static let suspectPrefix = Array("suspect/".utf8)
}
