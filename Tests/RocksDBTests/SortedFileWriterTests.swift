import Foundation
import Synchronization
import TestSupport
import Testing

@testable import RocksDB

struct SortedFileWriterTests {
    let directory: TemporaryDirectory
    let database: Database
    let family: ColumnFamily

    init() throws {
        directory = try TemporaryDirectory()
        database = try openDatabase(directory.appending("db"))
        family = try database.columnFamily("one")
    }

    private func writeFile(
        _ name: String, _ keys: Range<UInt8>, value: UInt8
    ) throws(RocksDBError) -> SortedFileWriter.Summary {
        var writer = try database.makeSortedFileWriter(path: directory.appending(name), for: family)
        for key in keys { try writer.put([key], [value]) }
        return try writer.finish()
    }

    @Test func `files are ingested over what is there, the last one wins`() throws {
        for key in UInt8(0)..<30 { try database.put([key], [0], in: family) }
        let first = try writeFile("1", 10..<50, value: 1)
        let second = try writeFile("2", 20..<40, value: 2)
        #expect(first.count == 40)
        #expect(first.byteCount > 0)
        try database.ingest([first.path, second.path], into: family)
        let values = try database.entries(in: family).map { $0.value[0] }
        let expected = (0..<50).map { UInt8($0 < 10 ? 0 : (20..<40).contains($0) ? 2 : 1) }
        #expect(values == expected)
        #expect(!FileManager.default.fileExists(atPath: first.path))
        database.close()
        let reopened = try openDatabase(database.path)
        #expect(try reopened.entries(in: reopened.columnFamily("one")).map { $0.value[0] } == expected)
    }

    /// Seen once in thousands of simulated histories: `Operation failed. Try again.`, of a memory table that was in the
    /// way and had just been written out.
    @Test func `files are taken in while others write families out`() throws {
        var options = smallOptions
        options.backgroundJobs = 16
        let names = ["one", "two", "three", "four"]
        let busy = try openDatabase(directory.appending("busy"), names, options: options)
        let families = try names.map { try busy.columnFamily($0) }
        let failures = Mutex<[RocksDBError]>([])
        let isOver = Atomic(false)
        onThreads(4) { [directory] thread in
            do throws(RocksDBError) {
                guard thread == 0 else {
                    while !isOver.load(ordering: .relaxed) {
                        try busy.put([5], [UInt8(thread)], in: families[thread])
                        try busy.flush()
                    }
                    return
                }
                defer { isOver.store(true, ordering: .relaxed) }
                for round in 0..<UInt8(200) {
                    try busy.put([5], [round], in: families[0])
                    var writer = try busy.makeSortedFileWriter(path: directory.appending("busy.sst"), for: families[0])
                    for key in UInt8(0)..<9 { try writer.put([key], [round]) }
                    try busy.ingest([try writer.finish().path], into: families[0])
                }
            } catch {
                failures.withLock { $0.append(error) }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try busy.entries(in: families[0]).map(\.value) == Array(repeating: [199], count: 9))
    }

    @Test func `copied files stay where they are`() throws {
        let file = try writeFile("1", 0..<3, value: 1)
        try database.ingest([file.path], into: family, moving: false)
        #expect(FileManager.default.fileExists(atPath: file.path))
        #expect(try database.entries(in: family).count == 3)
    }

    @Test func `keys out of order are refused and the writer goes on`() throws {
        var writer = try database.makeSortedFileWriter(path: directory.appending("1"), for: family)
        try writer.put([], [])
        try writer.put([5], [5])
        for key: [UInt8] in [[5], [4], []] {
            let code: RocksDBError.Code?
            do throws(RocksDBError) {
                try writer.put(key, [])
                code = nil
            } catch {
                code = error.code
            }
            #expect(code == .invalidArgument)
        }
        try writer.put([6], [6])
        let summary = try writer.finish()
        #expect(summary.count == 3)
        try database.ingest([summary.path], into: family)
        #expect(try database.entries(in: family).map(\.key) == [[], [5], [6]])
    }

    @Test func `an unfinished or empty file leaves nothing`() throws {
        let path = directory.appending("1")
        do {
            var writer = try database.makeSortedFileWriter(path: path, for: family)
            try writer.put([1], [1])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        let error = failure { () throws(RocksDBError) in
            _ = try database.makeSortedFileWriter(path: path, for: family).finish()
        }
        #expect(error?.code == .invalidArgument)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `files that are no sorted files are refused and change nothing`() throws {
        try database.put([1], [1], in: family)
        let good = try writeFile("good", 0..<9, value: 9)
        let bad = directory.appending("bad")
        try Data((0..<200).map { UInt8($0) }).write(to: URL(filePath: bad))
        for paths in [[good.path, bad], [good.path, directory.appending("none")], [""], ["a\0b"]] {
            #expect(failure { () throws(RocksDBError) in try database.ingest(paths, into: family) } != nil)
        }
        #expect(try database.entries(in: family) == [Entry(key: [1], value: [1])])
        try database.ingest([], into: family)
        let nowhere = failure { () throws(RocksDBError) in
            _ = try database.makeSortedFileWriter(path: directory.appending("no/file"), for: family)
        }
        #expect(nowhere?.code == .ioError)
    }

    @Test func `a writer outlives the database that made it`() throws {
        var writer = try database.makeSortedFileWriter(path: directory.appending("1"), for: family)
        database.close()
        try writer.put([1], [1])
        let summary = try writer.finish()
        let reopened = try openDatabase(database.path)
        try reopened.ingest([summary.path], into: reopened.columnFamily("one"))
        #expect(try reopened.entries(in: reopened.columnFamily("one")) == [Entry(key: [1], value: [1])])
    }
}
