import TestSupport
import Testing

@testable import RocksDB

struct DatabaseScanTests {
    let directory: TemporaryDirectory
    let database: Database
    let family: ColumnFamily

    init() throws {
        directory = try TemporaryDirectory()
        database = try openDatabase(directory.appending("db"))
        family = try database.columnFamily("one")
    }

    private func keys(from lower: [UInt8], to upper: [UInt8]?, limit: Int = .max) throws -> [[UInt8]] {
        try database.entries(in: family, from: lower, to: upper, limit: limit).map(\.key)
    }

    @Test func `the lower bound is inside, the upper bound is outside`() throws {
        for key: [UInt8] in [[1], [2], [2, 0], [3], [0xFF], [0xFF, 0xFF]] { try database.put(key, key, in: family) }
        #expect(try keys(from: [2], to: [3]) == [[2], [2, 0]])
        #expect(try keys(from: [2, 0], to: [2, 0, 0]) == [[2, 0]])
        #expect(try keys(from: [], to: nil).count == 6)
        #expect(try keys(from: [3], to: nil) == [[3], [0xFF], [0xFF, 0xFF]])
        #expect(try keys(from: [0xFF, 0], to: nil) == [[0xFF, 0xFF]])
        #expect(try keys(from: [], to: [1]).isEmpty)
    }

    @Test func `ranges that hold nothing visit nothing`() throws {
        for key: [UInt8] in [[], [1], [2]] { try database.put(key, key, in: family) }
        #expect(try keys(from: [], to: []).isEmpty)
        #expect(try keys(from: [2], to: [1]).isEmpty)
        #expect(try keys(from: [1], to: [1]).isEmpty)
        #expect(try keys(from: [3], to: nil).isEmpty)
        #expect(try keys(from: [], to: [0]) == [[]])
    }

    @Test func `a scan stops when told`() throws {
        for key in UInt8(0)..<100 { try database.put([key], [key], in: family) }
        #expect(try keys(from: [10], to: nil, limit: 3) == [[10], [11], [12]])
    }

    @Test func `a scan does not see what its body writes`() throws {
        for key in UInt8(0)..<10 { try database.put([key], [key], in: family) }
        var visited: [UInt8] = []
        var failures = 0
        try database.scan(in: family, from: [], to: nil, keepsBlocksCached: false) { key, _ in
            visited += copy(key)
            var batch = WriteBatch()
            batch.put([key[0] + 100], [], in: family)
            batch.deleteRange(from: [], to: [100], in: family)
            do throws(RocksDBError) { try database.write(batch, sync: false) } catch { failures += 1 }
            return .next
        }
        #expect(failures == 0)
        #expect(visited == [UInt8](0..<10))
        #expect(try keys(from: [], to: nil) == (100..<110).map { [$0] })
    }

    @Test func `the last key respects both bounds`() throws {
        #expect(try database.lastKey(in: family, below: nil) == nil)
        for key: [UInt8] in [[], [1], [2], [2, 0], [3]] { try database.put(key, key, in: family) }
        #expect(try database.lastKey(in: family, below: nil) == [3])
        #expect(try database.lastKey(in: family, below: [3]) == [2, 0])
        #expect(try database.lastKey(in: family, below: [2, 0]) == [2])
        #expect(try database.lastKey(in: family, below: [0xFF]) == [3])
        #expect(try database.lastKey(in: family, below: [0]) == [])
        #expect(try database.lastKey(in: family, below: []) == nil)
        #expect(try database.lastKey(in: family, notBelow: [1], below: [1]) == nil)
        #expect(try database.lastKey(in: family, notBelow: [2], below: [3]) == [2, 0])
        #expect(try database.lastKey(in: family, notBelow: [2, 1], below: [3]) == nil)
        #expect(try database.lastKey(in: family, notBelow: [3], below: [1]) == nil)
    }
}
