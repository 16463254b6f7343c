import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct CacheScanTests {
    private let state: TemporaryDirectory
    private let files: TemporaryDirectory
    private let index: Index
    private let cache: NginxCache

    init() throws {
        state = try TemporaryDirectory()
        files = try TemporaryDirectory()
        index = Index(database: try TestDatabase.open(state), normalization: .cloudflare)
        cache = try .plain(files, number: 1)
    }

    /// Walks through the cache, writes what differs to the index, returns the names of what differed.
    @discardableResult
    private func scan() throws -> Set<String> {
        var differing: [ObjectKey] = []
        var scan = CacheScan(cache)
        while try scan.step(index, { differing.append($0) }) {}
        let writer = try IndexWriter(index: index)
        var batch = Change()
        var buffer: [UInt8] = []
        for file in differing {
            if case .object(let object) = try cache.inspect(file, buffer: &buffer) {
                _ = try writer.put(object, into: &batch)
            } else {
                _ = try writer.remove(file, from: &batch)
            }
        }
        #expect(Set(differing).count == differing.count)
        try index.database.write(batch)
        return Set(differing.map { FileLocation($0).name.text })
    }

    /// The paths that the index has.
    private func indexed() throws -> Set<String> {
        var paths: Set<String> = []
        #expect(
            try index.keys(cache: 1, from: [1], limit: .max) { paths.insert(FileLocation($0).path) } == nil)
        return paths
    }

    /// The paths of cache files on disk.
    private func stored() throws -> Set<String> {
        Set(
            try FileManager.default.subpathsOfDirectory(atPath: files.path).filter {
                $0.split(separator: "/").last?.count == 32
            })
    }

    @Test(arguments: [[], [1], [2], [1, 2], [2, 2, 2]])
    func `index and disk agree after every scan, whatever happened while nobody watched`(_ levels: [Int]) throws {
        var random = SeededGenerator()
        let fixture = CacheFixture(path: files.path, levels: levels)
        var paths: [String: String] = [:]
        for round in 0..<6 {
            var touched: Set<String> = []
            for _ in 0..<random.number(1...60) {
                let key = "a.test/\(random.number(0...120))"
                if let path = paths[key], random.once(in: 2) {
                    try CacheFixture.remove(path)
                    paths[key] = nil
                } else {
                    paths[key] = try fixture.store(key, tags: "round-\(round)")
                }
                touched.insert(CacheFixture.name(key))
            }
            let differing = try scan()
            check(differing.isSubset(of: touched), "read files that had not changed, seed \(random.seed)")
            check(try indexed() == stored(), "seed \(random.seed)")
            check(try scan().isEmpty, "a second scan found differences, seed \(random.seed)")
        }
        if !levels.isEmpty {
            for path in try FileManager.default.contentsOfDirectory(atPath: files.path).prefix(3) {
                try FileManager.default.removeItem(atPath: files.path + "/" + path)
            }
            try scan()
            check(try indexed() == stored(), "directories removed, seed \(random.seed)")
        }
        for path in try FileManager.default.contentsOfDirectory(atPath: files.path) {
            try FileManager.default.removeItem(atPath: files.path + "/" + path)
        }
        try scan()
        #expect(try indexed().isEmpty)
    }

    @Test func `a sweep longer than one step finds every file that is gone`() throws {
        let writer = try IndexWriter(index: index)
        var batch = Change()
        let levels = try #require(DirectoryLevels(directory: "a/aa"))
        for number in 0..<20_000 {
            let name = try #require(CacheFileName(CacheFixture.name("\(number)")))
            _ = try writer.put(
                StoredObject(
                    key: .file(cache: 1, name: name, levels: levels), generation: 1, date: 0, sizeKiB: 1,
                    reversedHosts: [[0x61]], targets: [[0x2f]], tags: [], hasSiblings: false), into: &batch)
        }
        try index.database.write(batch)
        #expect(try scan().count == 20_000)
        #expect(try TestDatabase.count("objects", index.database) == 0)
        #expect(try TestDatabase.count("urls", index.database) == 0)
    }

    @Test func `temporary and foreign files and directories are passed over`() throws {
        let fixture = CacheFixture(path: files.path)
        let path = try fixture.store("a.test/a")
        let manager = FileManager.default
        for name in [
            path + ".0000000002", files.path + "/readme", files.path + "/" + CacheFixture.name("elsewhere") + "x",
        ] {
            #expect(manager.createFile(atPath: name, contents: Data("x".utf8)))
        }
        // A sound file in a directory where nginx would not look for it, and a directory with a file's name.
        try fixture.store(CacheFixture.bytes(key: "a.test/b", head: ""), name: CacheFixture.name("b"))
        let wrong = files.path + "/xyz"
        try manager.createDirectory(atPath: wrong, withIntermediateDirectories: false)
        try manager.copyItem(atPath: path, toPath: wrong + "/" + CacheFixture.name("a.test/a"))
        try manager.createDirectory(
            atPath: files.path + "/" + CacheFixture.name("dir"), withIntermediateDirectories: false)
        #expect(try scan() == [CacheFixture.name("a.test/a"), CacheFixture.name("b")])
    }

    @Test func `after a change of levels both files of a name are known, and the old ones go when they are removed`()
        throws
    {
        let flat = CacheFixture(path: files.path, levels: [])
        let nested = CacheFixture(path: files.path, levels: [1, 2])
        var old: [String] = []
        for number in 0..<20 {
            old.append(try flat.store("a.test/\(number)"))
            try nested.store("a.test/\(number)")
        }
        try scan()
        #expect(try indexed() == stored())
        #expect(try indexed().count == 40)
        #expect(try scan().isEmpty)
        for path in old { try CacheFixture.remove(path) }
        try scan()
        #expect(try indexed() == stored())
        #expect(try indexed().count == 20)
    }

    @Test func `a directory that could not be looked into is looked into again`() throws {
        let fixture = CacheFixture(path: files.path)
        for number in 0..<30 { try fixture.store("a.test/\(number)") }
        var scan = CacheScan(cache)
        var found: Set<ObjectKey> = []
        // A closed database stands for any failure.
        let closedState = try TemporaryDirectory()
        let closed = Index(database: try TestDatabase.open(closedState), normalization: .cloudflare)
        closed.database.close()
        var failures = 0
        var goesOn = true
        while goesOn {
            do {
                _ = try scan.step(closed) { _ in }
            } catch {
                failures += 1
            }
            goesOn = try scan.step(index) { found.insert($0) }
        }
        #expect(failures > 1)
        #expect(Set(found.map { FileLocation($0).path }) == (try stored()))
    }

    @Test func `a level directory that is a link stops the scan with what to do`() throws {
        let elsewhere = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(atPath: files.path + "/c", withDestinationPath: elsewhere.path)
        #expect(FileManager.default.createFile(atPath: files.path + "/d", contents: nil))
        let error = #expect(throws: FileError.self) { try scan() }
        #expect(error?.description.contains("\(files.path)/c\"") == true)
        #expect(error?.description.contains("It is a symbolic link") == true)
        try CacheFixture.remove(files.path + "/c")
        #expect(try scan().isEmpty)
    }
}
