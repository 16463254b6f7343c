import Foundation
import TestSupport
import Testing

@testable import RocksDB

struct DatabaseTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func `any bytes can be a key and a value`() throws {
        let database = try openDatabase(directory.appending("db"))
        let family = try database.columnFamily("one")
        let keys: [[UInt8]] = [
            [], [0], [0, 0], [0xFF], [UInt8](repeating: 0xFF, count: 70_000), bytes("é\0/"), [0x80, 0x00],
        ]
        for (index, key) in keys.enumerated() {
            try database.put(key, [UInt8](repeating: UInt8(index), count: index), in: family)
        }
        for (index, key) in keys.enumerated() {
            #expect(try database.value(forKey: key, in: family) == [UInt8](repeating: UInt8(index), count: index))
        }
        try database.flush()
        #expect(try database.entries(in: family).map(\.key) == keys.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(try database.value(forKey: [7], in: family) == nil)
        let (present, absent): ([UInt8], [UInt8]) = ([], [7])
        let isNil = try database.withValue(forKey: absent.span, in: family) { $0 == nil }
        #expect(isNil)
        let count = try database.withValue(forKey: present.span, in: family) { $0?.count }
        #expect(count == 0)
    }

    @Test func `a huge value comes back whole`() throws {
        let database = try openDatabase(directory.appending("db"))
        let family = try database.columnFamily("one")
        let value = [UInt8](repeating: 7, count: 20 << 20)
        try database.put([1], value, in: family, sync: true)
        #expect(try database.value(forKey: [1], in: family) == value)
    }

    @Test func `where less is free than is to stay free nothing is opened, written or made`() throws {
        let path = directory.appending("db")
        let options = DatabaseOptions(reserveBytes: 1 << 50)
        let families = [ColumnFamilyOptions(name: "one")]
        let refusal = try #require(throws: RocksDBError.self) {
            try Database(path: path, options: options, columnFamilies: families)
        }
        #expect(refusal.code == .lowSpace && refusal.message.contains(path))
        #expect(!FileManager.default.fileExists(atPath: path))
        // A byte is always free, and the reserve is no obstacle then.
        let database = try Database(path: path, options: DatabaseOptions(reserveBytes: 1), columnFamilies: families)
        try database.checkSpace()
        try database.put([1], [1], in: database.columnFamily("one"))
        database.close()
        let again = try Database(path: path, columnFamilies: families)
        #expect(try again.value(forKey: [1], in: again.columnFamily("one")) == [1])
        again.close()
    }

    @Test func `many keys are read at once in the order asked`() throws {
        let database = try openDatabase(directory.appending("db"))
        let family = try database.columnFamily("one")
        for index in 0..<500 { try database.put(bytes("k\(index)"), bytes("v\(index)"), in: family) }
        try database.flush()
        let numbers = (0..<600).map { ($0 * 37) % 700 } + [3, 3]
        let found = try database.values(forKeys: numbers.map { bytes("k\($0)") }, in: family)
        #expect(found == numbers.map { $0 < 500 ? bytes("v\($0)") : nil })
        #expect(try database.values(forKeys: [], in: family).isEmpty)
        try database.put([], [], in: family)
        #expect(try database.values(forKeys: [[], [1], []], in: family) == [[], nil, []])
    }

    @Test func `families are apart, created when missing, opened when not asked for`() throws {
        let path = directory.appending("db")
        do {
            let database = try openDatabase(path, ["one", "two"])
            try database.put([1], [1], in: database.columnFamily("one"))
            try database.put([1], [2], in: database.columnFamily("two"))
            database.close()
        }
        let database = try openDatabase(path, ["three"])
        #expect(database.columnFamilyNames == ["default", "one", "three", "two"])
        #expect(try database.value(forKey: [1], in: database.columnFamily("one")) == [1])
        #expect(try database.value(forKey: [1], in: database.columnFamily("two")) == [2])
        #expect(try database.value(forKey: [1], in: database.columnFamily("three")) == nil)
        #expect(try database.columnFamily("one") == database.columnFamily("one"))
        #expect(try database.columnFamily("one") != database.columnFamily("two"))
    }

    @Test func `an unknown family is refused by name`() throws {
        let database = try openDatabase(directory.appending("db"))
        let error = failure { () throws(RocksDBError) in _ = try database.columnFamily("none") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("none") == true)
    }

    @Test func `a family of another database is refused everywhere`() throws {
        let first = try openDatabase(directory.appending("1"))
        let second = try openDatabase(directory.appending("2"))
        let foreign = try first.columnFamily("one")
        #expect(
            failure { () throws(RocksDBError) in _ = try second.value(forKey: [1], in: foreign) }?.code
                == .invalidArgument)
        #expect(failure { () throws(RocksDBError) in _ = try second.entries(in: foreign) }?.code == .invalidArgument)
        #expect(failure { () throws(RocksDBError) in try second.put([1], [1], in: foreign) }?.code == .invalidArgument)
        var mixed = WriteBatch()
        mixed.put([1], [1], in: try second.columnFamily("one"))
        mixed.put([2], [2], in: foreign)
        #expect(mixed.refusal?.code == .invalidArgument)
        #expect(second.property("rocksdb.stats", in: foreign) == nil)
    }

    @Test func `what was written is there after closing and opening`() throws {
        let path = directory.appending("db")
        let written = (0..<2000).map { Entry(key: bytes("key\(100_000 + $0)"), value: bytes("value \($0)")) }
        do {
            let database = try openDatabase(path)
            let family = try database.columnFamily("one")
            for entry in written { try database.put(entry.key, entry.value, in: family) }
            database.close()
        }
        let database = try openDatabase(path)
        #expect(try database.entries(in: database.columnFamily("one")) == written)
    }

    @Test func `the last reference gives the lock free`() throws {
        let path = directory.appending("db")
        for round in 0..<5 {
            let database = try openDatabase(path)
            try database.put([UInt8(round)], [1], in: database.columnFamily("one"))
        }
        let database = try openDatabase(path)
        #expect(try database.entries(in: database.columnFamily("one")).count == 5)
    }

    @Test func `a copy of the files of a running database holds every write that returned`() throws {
        let path = directory.appending("db")
        let database = try openDatabase(path, ["one", "two"])
        for number in 0..<3000 {
            var batch = WriteBatch()
            batch.put(bytes("key\(number)"), bytes("\(number)"), in: try database.columnFamily("one"))
            batch.put(bytes("next"), bytes("\(number + 1)"), in: try database.columnFamily("two"))
            try database.write(batch, sync: number % 100 == 0)
        }
        // What a process that is killed leaves behind: nothing was closed, nothing flushed.
        let copyPath = directory.appending("copy")
        // RocksDB may take away a file that it needs no more, just when that is to be copied: then all of it anew.
        while (try? FileManager.default.copyItem(atPath: path, toPath: copyPath)) == nil {
            try? FileManager.default.removeItem(atPath: copyPath)
        }
        let survivor = try openDatabase(copyPath, ["one", "two"])
        #expect(try survivor.entries(in: survivor.columnFamily("one")).count == 3000)
        #expect(try survivor.value(forKey: bytes("next"), in: survivor.columnFamily("two")) == bytes("3000"))
    }

    @Test func `a second opening is told that it is locked`() throws {
        let path = directory.appending("db")
        let database = try openDatabase(path)
        let error = failure { () throws(RocksDBError) in _ = try openDatabase(path) }
        #expect(error?.code == .locked, "\(String(describing: error))")
        #expect(failure { () throws(RocksDBError) in try Database.destroy(path: path) }?.code == .locked)
        database.close()
        _ = try openDatabase(path)
    }

    @Test func `a path that cannot be a database is refused`() throws {
        let file = directory.appending("file")
        try Data([1]).write(to: URL(filePath: file))
        let codes = [file, file + "/below", directory.appending("no/parent"), "", "a\0b", "/proc/rocksdb"].map { path in
            failure { () throws(RocksDBError) in _ = try openDatabase(path) }?.code
        }
        #expect(codes == [.ioError, .ioError, .ioError, .invalidArgument, .invalidArgument, .ioError])
    }

    @Test func `a missing database is not created unless wanted`() throws {
        var options = smallOptions
        options.createIfMissing = false
        let path = directory.appending("db")
        #expect(
            failure { () throws(RocksDBError) in _ = try openDatabase(path, options: options) }?.code
                == .invalidArgument)
        _ = try openDatabase(path)
        _ = try openDatabase(path, options: options)
    }

    @Test func `options out of range are refused, never trapped`() throws {
        let path = directory.appending("db")
        for change in [
            { (options: inout DatabaseOptions) in options.blockCacheBytes = -1 }, { $0.totalWriteBufferBytes = 0 },
            { $0.maxLogBytes = .min }, { $0.maxOpenFiles = .max }, { $0.backgroundJobs = 0 },
        ] {
            var options = DatabaseOptions()
            change(&options)
            #expect(
                failure { () throws(RocksDBError) in _ = try openDatabase(path, options: options) }?.code
                    == .invalidArgument)
        }
        for family in [
            ColumnFamilyOptions(name: ""), ColumnFamilyOptions(name: "a\0b"),
            ColumnFamilyOptions(name: "a", blockBytes: 0),
            ColumnFamilyOptions(name: "a", bottommostDictionaryBytes: .max),
            ColumnFamilyOptions(name: "a", compressionLevel: .max), ColumnFamilyOptions(name: "a", bloomBitsPerKey: 0),
            ColumnFamilyOptions(name: "a", writeBufferBytes: -1), ColumnFamilyOptions(name: "a", fileBytes: .max),
        ] {
            let error = failure { () throws(RocksDBError) in _ = try Database(path: path, columnFamilies: [family]) }
            #expect(error?.code == .invalidArgument, "\(family)")
        }
        #expect(
            failure { () throws(RocksDBError) in _ = try openDatabase(path, ["x", "x"]) }?.code == .invalidArgument)
    }

    @Test func `every compression works and may change between openings`() throws {
        let path = directory.appending("db")
        let dictionary = ColumnFamilyOptions(
            name: "one", compression: .lz4, bottommostCompression: .zstd, bottommostDictionaryBytes: 8 << 10,
            compressionLevel: 3, bloomBitsPerKey: nil
        )
        let plain = Compression.allCases.map { ColumnFamilyOptions(name: "one", compression: $0) }
        for (round, options) in (plain + [dictionary] + plain).enumerated() {
            let database = try Database(path: path, options: smallOptions, columnFamilies: [options])
            let family = try database.columnFamily("one")
            for number in 0..<500 {
                try database.put(bytes("\(round)/\(number)"), bytes("value of \(number)"), in: family)
            }
            try database.flush()
            try database.compact(family)
            #expect(try database.entries(in: family).count == 500 * (round + 1))
        }
    }

    @Test func `properties tell numbers and text, or nothing`() throws {
        let database = try openDatabase(directory.appending("db"))
        let family = try database.columnFamily("one")
        for number in 0..<1000 {
            try database.put(bytes("key\(number)"), [UInt8](repeating: 1, count: 100), in: family)
        }
        #expect(database.integerProperty("rocksdb.cur-size-all-mem-tables", in: family) ?? 0 > 0)
        try database.flush()
        #expect(database.integerProperty("rocksdb.estimate-num-keys", in: family) == 1000)
        #expect(database.property("rocksdb.total-sst-files-size", in: family).flatMap { Int($0) } ?? 0 > 0)
        #expect(try database.diskByteCount(of: family) > 0)
        #expect(database.property("rocksdb.nonsense", in: family) == nil)
        #expect(database.property("", in: family) == nil)
        #expect(database.integerProperty("rocksdb.stats", in: family) == nil)
    }

    @Test func `a checkpoint opens as a database of its own`() throws {
        let database = try openDatabase(directory.appending("db"))
        let family = try database.columnFamily("one")
        try database.put([1], [1], in: family)
        try database.checkpoint(to: directory.appending("copy"))
        try database.put([2], [2], in: family)
        let copy = try openDatabase(directory.appending("copy"))
        #expect(try copy.entries(in: copy.columnFamily("one")) == [Entry(key: [1], value: [1])])
        let again = failure { () throws(RocksDBError) in try database.checkpoint(to: directory.appending("copy")) }
        #expect(again?.code == .invalidArgument)
    }

    @Test func `destroying removes the database and nothing else`() throws {
        let path = directory.appending("db")
        try openDatabase(path).close()
        try Data([1]).write(to: URL(filePath: path + "/mine.txt"))
        try Database.destroy(path: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["mine.txt"])
        try Database.destroy(path: directory.appending("never"))
        #expect(failure { () throws(RocksDBError) in try Database.destroy(path: "") }?.code == .invalidArgument)
    }
}
