import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct IndexLoaderTests {
    private let loaded: TemporaryDirectory
    private let written: TemporaryDirectory

    init() throws {
        loaded = try TemporaryDirectory()
        written = try TemporaryDirectory()
    }

    private func open(_ directory: TemporaryDirectory) throws -> Index {
        Index(database: try TestDatabase.open(directory), normalization: .cloudflare)
    }

    /// Objects with few and with many hosts and tags, some of them shared.
    private func objects(_ count: Int) throws -> [StoredObject] {
        try (0..<count).map { number in
            let digits = String(0x1_0000 + number * 7919 % 0x1_0000, radix: 16).suffix(4)
            let name = String(repeating: "0", count: 28) + digits
            let hosts = number % 11 == 0 ? [] : (0...number % 2).map { Array("test.h\(number % 5 + $0)".utf8) }
            let tags = ["all", "third-\(number % 3)", "own-\(number)"].prefix(number % 4)
            return StoredObject(
                key: .file(
                    cache: UInt8(number % 2), name: try #require(CacheFileName(name)),
                    levels: DirectoryLevels(rawValue: UInt8(number % 2))
                ),
                generation: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, date: UInt32(number), sizeKiB: 1,
                reversedHosts: hosts, targets: [Array("/\(number * 31 % 1000)".utf8)],
                tags: tags.map { Array($0.utf8) }, hasSiblings: false
            )
        }
    }

    /// All entries of all families.
    private func dump(_ index: Index) throws -> [[[UInt8]]] {
        try index.tables.all.map { table in
            try table.entries(beginningWith: []).flatMap { [$0.key, $0.value] }
        }
    }

    @Test(arguments: [1, 7, 100, 5000])
    func `an index that was loaded is the one that would have been written`(_ runObjects: Int) throws {
        let objects = try objects(1000)
        let index = try open(loaded)
        let loader = try #require(try IndexLoader(index: index, runObjects: runObjects))
        for object in objects {
            try loader.put(object)
            try loader.spill()
        }
        try loader.finish()
        #expect(loader.totals == (try index.countedTotals()) && loader.totals.objects == 1000)
        let other = try open(written)
        let writer = try IndexWriter(index: other)
        for object in objects {
            var batch = Change()
            #expect(try writer.put(object, into: &batch) == IndexTotals(object))
            try other.database.write(batch)
        }
        #expect(try dump(index) == dump(other))
        // What it has is never loaded over.
        #expect(try IndexLoader(index: index) == nil)
    }

    @Test func `a load that was broken off leaves nothing behind`() throws {
        do {
            let index = try open(loaded)
            let loader = try #require(try IndexLoader(index: index, runObjects: 10))
            for object in try objects(95) {
                try loader.put(object)
                try loader.spill()
            }
            index.database.close()
        }
        let index = try open(loaded)
        #expect(try TestDatabase.count("objects", index.database) == 90)
        let loader = try #require(try IndexLoader(index: index))
        #expect(try dump(index).allSatisfy(\.isEmpty))
        for object in try objects(10) { try loader.put(object) }
        try loader.finish()
        #expect(try TestDatabase.count("objects", index.database) == 10)
        // The mark is gone: nothing is undone now.
        #expect(try IndexLoader(index: index) == nil)
        #expect(try TestDatabase.count("objects", index.database) == 10)
    }

    @Test func `it knows what was put before, and when asked to what was written out too`() throws {
        let index = try open(loaded)
        let loader = try #require(try IndexLoader(index: index, runObjects: 10))
        let objects = try objects(15)
        for object in objects {
            #expect(try !loader.has(object.key))
            try loader.put(object)
            #expect(try loader.has(object.key))
            try loader.spill()
        }
        #expect(try objects.filter { try loader.has($0.key) }.count == 5)
        loader.expectAgain()
        #expect(try objects.filter { try loader.has($0.key) }.count == 15)
        try loader.finish()
    }
}
