import Foundation
import TestSupport
import Testing

@testable import RocksDB

/// Files that are damaged or missing give `.corruption`, never a crash and never an empty database.
struct DatabaseDamageTests {
    let directory: TemporaryDirectory
    let path: String
    private static let count = 1000

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.appending("db")
        let database = try openDatabase(path)
        let family = try database.columnFamily("one")
        for number in 0..<Self.count {
            try database.put(bytes("key\(number)"), bytes("value of \(number)"), in: family)
        }
        try database.flush()
        // Stays in the log.
        for number in 0..<100 { try database.put(bytes("log\(number)"), bytes("value of \(number)"), in: family) }
        database.close()
    }

    /// Opens and reads all; the error of whichever step failed.
    private func errorOfReadingAll(_ path: String, options: DatabaseOptions = smallOptions) -> RocksDBError? {
        failure { () throws(RocksDBError) in
            let database = try openDatabase(path, options: options)
            let family = try database.columnFamily("one")
            var visited = 0
            try database.scan(in: family, from: [], to: nil) { _, _ in
                visited += 1
                return .next
            }
            let keys = (0..<Self.count).map { bytes("key\($0)") }
            _ = try database.values(forKeys: keys, in: family)
            for key in keys { _ = try database.value(forKey: key, in: family) }
        }
    }

    @Test func `undamaged files have no error`() { #expect(errorOfReadingAll(path) == nil) }

    @Test func `flipped bytes in a sorted file are found`() throws {
        for file in try TemporaryDirectory.files(in: path, endingWith: ".sst") {
            try TemporaryDirectory.damage(file) { bytes in
                for index in stride(from: 20, to: bytes.count / 2, by: 100) { bytes[index] ^= 0xFF }
            }
        }
        let error = errorOfReadingAll(path)
        #expect(error?.code == .corruption, "\(String(describing: error))")
    }

    @Test func `each way of reading finds the damage`() throws {
        for file in try TemporaryDirectory.files(in: path, endingWith: ".sst") {
            try TemporaryDirectory.damage(file) { bytes in
                for index in stride(from: 20, to: bytes.count / 2, by: 100) { bytes[index] ^= 0xFF }
            }
        }
        let database = try openDatabase(path)
        let family = try database.columnFamily("one")
        let keys = (0..<Self.count).map { bytes("key\($0)") }
        let one = failure { () throws(RocksDBError) in
            for key in keys { _ = try database.value(forKey: key, in: family) }
        }
        let many = failure { () throws(RocksDBError) in _ = try database.values(forKeys: keys, in: family) }
        let scan = failure { () throws(RocksDBError) in _ = try database.entries(in: family) }
        let compaction = failure { () throws(RocksDBError) in try database.compact(family) }
        #expect([one?.code, many?.code, scan?.code] == [.corruption, .corruption, .corruption])
        #expect(compaction != nil)
    }

    @Test(arguments: ["CURRENT", "MANIFEST"])
    func `damage anywhere in the small files is told or harmless`(prefix: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix(prefix) }
        let name = try #require(names.first)
        let size = try Data(contentsOf: URL(filePath: path + "/" + name)).count
        for position in Set((0..<16).map { $0 * (size - 1) / 15 }) {
            let copy = directory.appending("copy-\(position)")
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            try TemporaryDirectory.damage(copy + "/" + name) { $0[position] ^= 0x15 }
            let error = errorOfReadingAll(copy)
            #expect(error?.code == .corruption, "position \(position) of \(size): \(String(describing: error))")
        }
    }

    @Test(arguments: ["CURRENT", "MANIFEST", ".sst"])
    func `a file that is missing or empty is told`(kind: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.contains(kind) }
        let name = try #require(names.first)
        let emptied = directory.appending("emptied")
        try FileManager.default.copyItem(atPath: path, toPath: emptied)
        try TemporaryDirectory.damage(emptied + "/" + name) { $0 = [] }
        let errorOfEmpty = errorOfReadingAll(emptied)
        #expect(errorOfEmpty?.code == .corruption, "\(String(describing: errorOfEmpty))")
        try FileManager.default.removeItem(atPath: path + "/" + name)
        let errorOfMissing = errorOfReadingAll(path)
        #expect(errorOfMissing?.code == .corruption, "\(String(describing: errorOfMissing))")
    }

    @Test func `a damaged log is told when asked for and cut when not`() throws {
        for log in try TemporaryDirectory.files(in: path, endingWith: ".log") {
            try TemporaryDirectory.damage(log) { bytes in if !bytes.isEmpty { bytes[bytes.count / 2] ^= 0xFF } }
        }
        var strict = smallOptions
        strict.logRecovery = .absoluteConsistency
        #expect(errorOfReadingAll(path, options: strict)?.code == .corruption)
        strict.logRecovery = .tolerateCutOffEnd
        #expect(errorOfReadingAll(path, options: strict)?.code == .corruption)
        #expect(errorOfReadingAll(path) == nil)
    }

    @Test func `a damaged database that is open elsewhere is locked, not corrupt`() throws {
        let database = try openDatabase(path)
        try TemporaryDirectory.damage(path + "/CURRENT") { $0 = bytes("MANIFEST-999999\n") }
        #expect(errorOfReadingAll(path)?.code == .locked)
        database.close()
        #expect(errorOfReadingAll(path)?.code == .corruption)
    }

    @Test func `a damaged database can be destroyed and begun again`() throws {
        try TemporaryDirectory.damage(path + "/CURRENT") { $0 = [0, 1, 2] }
        try Database.destroy(path: path)
        let database = try openDatabase(path)
        #expect(try database.entries(in: database.columnFamily("one")).isEmpty)
    }
}
