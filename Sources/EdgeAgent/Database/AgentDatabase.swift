import LinuxFiles
import RocksDB

/// The agent's own database: index, queue, and what is kept beside them.
///
/// Nobody else sees RocksDB.
///
/// Format 2. Format 1, of version 0.1.0, is brought to it when it is opened: in it the totals of the index may lack the
/// bytes, and an entry says whether there is a file with the positions, which is always there by now.
final class AgentDatabase: Sendable {
    private let database: Database
    /// `objects`, `files`, `urls`, `tags`, `names`: see ``IndexTables``.
    let index: IndexTables
    /// Messages by ``QueueKey``.
    let queue: Table
    /// A ``Letter`` for each message that is no purge, by ``QueueKey``, until it is in the dead-letter topic.
    let refused: Table
    let meta: Meta
    /// Whether nothing was here before.
    let isNew: Bool

    private static let format: UInt8 = 2

    /// Opens the database in a directory, and makes it if it is not there.
    ///
    /// - Parameters:
    ///   - blockCacheBytes: memory for what was read.
    ///   - reserveBytes: bytes that are to stay free on the file system: with less nothing is written.
    /// - Throws: `RocksDBError`, also for a damaged one; `AgentError` for one of a version that this program does not
    ///   know.
    init(path: String, blockCacheBytes: Int, reserveBytes: Int) throws {
        database = try Database(
            path: path,
            options: DatabaseOptions(
                blockCacheBytes: blockCacheBytes, totalWriteBufferBytes: 32 << 20, reserveBytes: reserveBytes),
            columnFamilies: IndexTables.families + ["queue", "refused", "meta"].map { ColumnFamilyOptions(name: $0) }
        )
        do {
            index = try IndexTables(database)
            queue = try Table("queue", of: database)
            refused = try Table("refused", of: database)
            meta = Meta(try Table("meta", of: database))
            isNew = try Self.bringToFormat(meta, of: database)
        } catch {
            database.close()
            throw error
        }
    }

    /// Writes a change.
    ///
    /// Written even when it looks empty: one that refused its entries, because the database is closed, looks like that
    /// too.
    ///
    /// - Parameter sync: returns only when it is on the disk. Without, a crash of the process loses nothing, a power
    ///   loss may.
    func write(_ change: borrowing Change, sync: Bool = false) throws { try database.write(change.batch, sync: sync) }

    /// Writes what `body` puts into a change.
    func write(sync: Bool = false, _ body: (inout Change) throws -> Void) throws {
        var change = Change()
        try body(&change)
        try write(change, sync: sync)
    }

    /// Throws when there is no room to write.
    func checkSpace() throws { try database.checkSpace() }

    /// Returns when all that was written is on the disk.
    func syncLog() throws { try database.syncLog() }

    /// Closes it; whoever uses it afterwards gets an error.
    func close() { database.close() }

    /// Brings what an earlier version wrote to the form of this one; returns whether there was nothing.
    private static func bringToFormat(_ meta: Meta, of database: Database) throws -> Bool {
        let found = try meta.format.value()
        guard found != format else { return false }
        var change = Change()
        switch found {
        case nil, 1?:
            meta.format.put(format, into: &change)
            if found == 1 { try migrateFrom1(meta, &change) }
        case let other?:
            throw AgentError(
                "the database '\(database.path)' was written by another version (format \(other)); remove it: the "
                    + "index is made anew from the cache files, purges are read again from Kafka"
            )
        }
        try database.write(change.batch, sync: true)
        return found == nil
    }

    private static func migrateFrom1(_ meta: Meta, _ change: inout Change) throws {
        // Without the bytes they are counted once, as where there are none.
        if (try? meta.totals.value()) == nil { meta.totals.delete(from: &change) }
        meta.hadPositionsFile.delete(from: &change)
    }
}
