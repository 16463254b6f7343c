import PurgeModel
import RocksDB
import TestSupport

@testable import EdgeAgent

/// Opens databases with the agent's families.
enum TestDatabase {
    static let families = ["objects", "files", "urls", "tags", "names", "queue", "meta"]

    static func open(_ directory: TemporaryDirectory) throws -> Database {
        try Database(
            path: directory.path + "/db", options: DatabaseOptions(blockCacheBytes: 4 << 20),
            columnFamilies: families.map { ColumnFamilyOptions(name: $0) }
        )
    }

    /// How many entries a family has.
    static func count(_ family: String, _ database: Database) throws -> Int {
        var count = 0
        try database.scan(in: try database.columnFamily(family), from: [], to: nil) { _, _ in
            count += 1
            return .next
        }
        return count
    }
}
