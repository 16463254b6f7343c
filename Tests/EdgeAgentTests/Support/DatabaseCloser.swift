import RocksDB
import Synchronization

/// Closes a database that is known only later.
final class DatabaseCloser: Sendable {
    private let database = Mutex<Database?>(nil)

    func set(_ database: Database) { self.database.withLock { $0 = database } }

    func close() { database.withLock { $0 }?.close() }
}
