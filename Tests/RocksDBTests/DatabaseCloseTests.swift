import Foundation
import Synchronization
import TestSupport
import Testing

@testable import RocksDB

/// Closing while others work.
struct DatabaseCloseTests {
    /// Runs one call against the database; the number chooses which.
    private static func call(_ number: Int, _ database: Database, _ family: ColumnFamily) throws(RocksDBError) {
        let key = bytes("key\(number % 100)")
        switch number % 9 {
        case 0: _ = try database.value(forKey: key, in: family)
        case 1: _ = try database.values(forKeys: [key, []], in: family)
        case 2: try database.scan(in: family, from: [], to: nil) { _, _ in .next }
        case 3: try database.put(key, key, in: family)
        case 4: _ = try database.lastKey(in: family, below: nil)
        case 5: _ = try database.diskByteCount(of: family)
        case 6: _ = try database.columnFamily("one")
        case 7: try database.syncLog()
        default: try database.flush()
        }
    }

    @Test func `every call after closing says closed`() throws {
        let directory = try TemporaryDirectory()
        let database = try openDatabase(directory.appending("db"))
        let family = try database.columnFamily("one")
        database.close()
        database.close()
        for number in 0..<9 {
            #expect(
                failure { () throws(RocksDBError) in try Self.call(number, database, family) }?.code == .closed,
                "\(number)")
        }
        #expect(failure { () throws(RocksDBError) in try database.compact(family) }?.code == .closed)
        #expect(failure { () throws(RocksDBError) in try database.ingest(["x"], into: family) }?.code == .closed)
        #expect(failure { () throws(RocksDBError) in try database.checkpoint(to: "x") }?.code == .closed)
        #expect(
            failure { () throws(RocksDBError) in _ = try database.makeSortedFileWriter(path: "x", for: family) }?.code
                == .closed
        )
        #expect(database.property("rocksdb.stats", in: family) == nil)
        #expect(database.integerProperty("rocksdb.estimate-num-keys", in: family) == nil)
        #expect(database.columnFamilyNames.isEmpty)
        #expect(family.name == "one")
    }

    @Test func `closing waits for threads that are inside and later calls say closed`() throws {
        let directory = try TemporaryDirectory()
        for round in 0..<10 {
            let database = try openDatabase(directory.appending("db"))
            let family = try database.columnFamily("one")
            let calls = Atomic<Int>(0)
            let unexpected = Mutex<[String]>([])
            let threads = 4
            onThreads(threads + 1) { thread in
                if thread == threads {
                    // Closes in the middle of the work of whichever threads were given a core.
                    while calls.load(ordering: .relaxed) < 40 + round * 20 { sched_yield() }
                    database.close()
                    return
                }
                for number in (thread * 2)... {
                    do throws(RocksDBError) {
                        try Self.call(number, database, family)
                        calls.wrappingAdd(1, ordering: .relaxed)
                    } catch {
                        if error.code != .closed { unexpected.withLock { $0.append("\(error)") } }
                        return
                    }
                }
            }
            #expect(unexpected.withLock { $0 } == [], "round \(round)")
        }
        _ = try openDatabase(directory.appending("db"))
    }

    @Test func `several threads may close, and each returns to free files`() throws {
        let directory = try TemporaryDirectory()
        let database = try openDatabase(directory.appending("db"))
        let reopened = Mutex(0)
        onThreads(4) { _ in
            database.close()
            reopened.withLock { count in
                if (try? openDatabase(directory.appending("db"))) != nil { count += 1 }
            }
        }
        #expect(reopened.withLock { $0 } == 4)
    }

    @Test func `closing ends a compaction`() throws {
        let directory = try TemporaryDirectory()
        let database = try openDatabase(directory.appending("db"))
        let family = try database.columnFamily("one")
        for number in 0..<20_000 { try database.put(bytes("key\(number)"), bytes("value \(number)"), in: family) }
        let outcome = Mutex<RocksDBError?>(nil)
        onThreads(2) { thread in
            if thread == 0 {
                let error = failure { () throws(RocksDBError) in while true { try database.compact(family) } }
                outcome.withLock { $0 = error }
            } else {
                database.close()
            }
        }
        #expect(outcome.withLock { $0 }?.code == .closed)
    }
}
