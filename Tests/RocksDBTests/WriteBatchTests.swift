import Foundation
import TestSupport
import Testing

@testable import RocksDB

struct WriteBatchTests {
    let directory: TemporaryDirectory
    let database: Database
    let family: ColumnFamily

    init() throws {
        directory = try TemporaryDirectory()
        database = try openDatabase(directory.appending("db"), ["one", "two"])
        family = try database.columnFamily("one")
    }

    @Test func `it counts changes and bytes and can be used again`() throws {
        var batch = WriteBatch()
        let empty = (count: batch.count, bytes: batch.byteCount, isEmpty: batch.isEmpty)
        #expect(empty == (0, 12, true))
        batch.put([1], [2, 3], in: family)
        batch.delete([4], in: family)
        batch.deleteRange(from: [5], to: [6], in: family)
        batch.deleteRange(from: [5], to: [5], in: family)
        let filled = (count: batch.count, bytes: batch.byteCount)
        #expect(filled.count == 3)
        #expect(filled.bytes > 12 + 6)
        try database.write(batch, sync: false)
        try database.write(batch, sync: true)
        batch.clear()
        let cleared = (count: batch.count, bytes: batch.byteCount)
        #expect(cleared == (0, 12))
        try database.write(batch, sync: false)
        #expect(try database.entries(in: family) == [Entry(key: [1], value: [2, 3])])
    }

    @Test func `later changes of a batch win over earlier ones`() throws {
        try database.put([5], [0], in: family)
        var batch = WriteBatch()
        batch.put([1], [1], in: family)
        batch.deleteRange(from: [], to: [9], in: family)
        batch.put([2], [2], in: family)
        batch.put([2], [3], in: family)
        batch.put([3], [3], in: family)
        batch.delete([3], in: family)
        try database.write(batch, sync: false)
        #expect(try database.entries(in: family) == [Entry(key: [2], value: [3])])
    }

    @Test func `a refused entry makes the whole batch fail, before and after a reopening`() throws {
        var batch = WriteBatch()
        batch.put([1], [1], in: family)
        batch.deleteRange(from: [2], to: [1], in: family)
        batch.put([2], [2], in: family)
        let code: RocksDBError.Code?
        do throws(RocksDBError) {
            try database.write(batch, sync: false)
            code = nil
        } catch {
            code = error.code
        }
        #expect(code == .invalidArgument)
        #expect(try database.entries(in: family).isEmpty)
        batch.clear()
        batch.put([3], [3], in: family)
        try database.write(batch, sync: false)
        database.close()
        let reopened = try openDatabase(database.path, ["one"])
        #expect(try reopened.entries(in: reopened.columnFamily("one")) == [Entry(key: [3], value: [3])])
    }

    @Test func `a key that is too big is refused`() {
        var batch = WriteBatch()
        batch.put([UInt8](repeating: 0, count: WriteBatch.keyBytesMax + 1), [], in: family)
        let refused = (code: batch.refusal?.code, count: batch.count)
        #expect(refused == (.invalidArgument, 0))
    }

    @Test func `a batch is never half there in whatever a crash leaves of the log`() throws {
        let other = try database.columnFamily("two")
        for number in UInt8(0)..<50 {
            var batch = WriteBatch()
            batch.put([number], [number], in: family)
            batch.put([number], [number], in: other)
            try database.write(batch, sync: false)
        }
        // The copy's log is cut at many places: what is left must be a prefix of the batches, the same in both
        // families.
        for cut in stride(from: 1, to: 1500, by: 97) {
            let path = directory.appending("cut\(cut)")
            try FileManager.default.copyItem(atPath: database.path, toPath: path)
            for log in try TemporaryDirectory.files(in: path, endingWith: ".log") {
                try TemporaryDirectory.damage(log) { $0.removeLast(min(cut, $0.count)) }
            }
            let copy = try openDatabase(path, ["one", "two"])
            let entries = try copy.entries(in: copy.columnFamily("one"))
            #expect(entries == (0..<UInt8(entries.count)).map { Entry(key: [$0], value: [$0]) }, "cut \(cut)")
            #expect(try copy.entries(in: copy.columnFamily("two")) == entries, "cut \(cut)")
        }
    }

    @Test func `a batch for a database that was closed is refused`() {
        database.close()
        var batch = WriteBatch()
        batch.put([1], [1], in: family)
        batch.delete([1], in: family)
        batch.deleteRange(from: [1], to: [2], in: family)
        let refused = (code: batch.refusal?.code, count: batch.count)
        #expect(refused == (.closed, 0))
    }
}
