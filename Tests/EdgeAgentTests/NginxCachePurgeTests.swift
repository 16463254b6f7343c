import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct NginxCachePurgeTests {
    private static let now: Int64 = 1_800_000_000

    private let directory: TemporaryDirectory
    private let fixture: CacheFixture
    private let cache: NginxCache

    init() throws {
        directory = try TemporaryDirectory()
        fixture = CacheFixture(path: directory.path)
        cache = try .plain(directory)
    }

    /// What the index would hold of a file, and its generation there.
    private func learn(_ file: String) throws -> (record: ObjectRecord, generation: UInt64) {
        let name = try #require(CacheFileName(String(file.suffix(32))))
        let levels = try #require(DirectoryLevels(directory: "a/aa"))
        var buffer: [UInt8] = []
        guard case .object(let object) = try cache.inspect(.file(cache: 0, name: name, levels: levels), buffer: &buffer)
        else {
            throw NeverHappened(what: "the file holds an object")
        }
        return (ObjectRecord(object, hosts: [0], labels: []), object.generation & StoredObject.generationMask)
    }

    private func purge(
        _ known: (record: ObjectRecord, generation: UInt64), _ mode: PurgeMode = .delete
    ) throws -> MarkOutcome {
        var buffer: [UInt8] = []
        return try cache.mark(
            known.record.key, date: known.record.date, mode: mode, now: Self.now, buffer: &buffer
        ) { known.generation }
    }

    @Test func `delete marks the header and touches nothing else`() throws {
        let file = try fixture.store("shop.example/a", tags: "a,b")
        let before = try #require(FileManager.default.contents(atPath: file))
        #expect(try purge(learn(file)) == .purged)
        let after = try #require(FileManager.default.contents(atPath: file))
        #expect(Array(after.prefix(8)) == [UInt8](repeating: 0, count: 8))
        #expect(after.dropFirst(8) == before.dropFirst(8))
    }

    @Test func `invalidate ends freshness a second ago and touches nothing else`() throws {
        let file = try fixture.store("shop.example/a", validUntil: Self.now + 500)
        let before = try #require(FileManager.default.contents(atPath: file))
        #expect(try purge(learn(file), .invalidate) == .purged)
        let after = try #require(FileManager.default.contents(atPath: file))
        #expect(CacheFixture.validUntil(file) == Self.now - 1)
        #expect(after.prefix(8) == before.prefix(8))
        #expect(after.dropFirst(16) == before.dropFirst(16))
    }

    @Test(arguments: [0, now - 1000, now - 1])
    func `invalidate never lengthens`(_ validUntil: Int64) throws {
        let file = try fixture.store("shop.example/a", validUntil: validUntil)
        #expect(try purge(learn(file), .invalidate) == .alreadyStale)
        #expect(CacheFixture.validUntil(file) == validUntil)
    }

    @Test func `an object that is fresh for this second only is invalidated`() throws {
        let file = try fixture.store("shop.example/a", validUntil: Self.now)
        #expect(try purge(learn(file), .invalidate) == .purged)
        #expect(CacheFixture.validUntil(file) == Self.now - 1)
    }

    @Test func `a file that is gone is absent`() throws {
        let file = try fixture.store("shop.example/a")
        let known = try learn(file)
        try CacheFixture.remove(file)
        #expect(try purge(known) == .absent)
        #expect(try purge(known, .invalidate) == .absent)
        try FileManager.default.removeItem(atPath: String(file.dropLast(33)))
        #expect(try purge(known) == .absent)
    }

    @Test func `a tombstone that the index still has as live counts for a delete`() throws {
        let file = try fixture.store("shop.example/a")
        let known = try learn(file)
        #expect(try purge(known) == .purged)
        #expect(try purge(known) == .purged)
        #expect(try purge(known, .invalidate) == .absent)
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `a newer file of the same name with another date is left alone`(_ mode: PurgeMode) throws {
        let file = try fixture.store("shop.example/a", date: 1_700_000_000)
        let known = try learn(file)
        try fixture.store("shop.example/a", date: 1_700_000_001)
        let before = FileManager.default.contents(atPath: file)
        #expect(try purge(known, mode) == .replaced)
        #expect(FileManager.default.contents(atPath: file) == before)
    }

    /// Attack: a file is replaced in the second in which it was stored, between the purge's look at the cache and its
    /// mark; a purge that did not name the new one took it.
    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `a newer file of the same name and the same second is left alone`(_ mode: PurgeMode) throws {
        for age in [Int64(0), 1, 9] {
            let file = try fixture.store("shop.example/a", tags: "old", date: Self.now - age)
            let known = try learn(file)
            try fixture.store("shop.example/a", tags: "new", date: Self.now - age)
            #expect(try purge(known, mode) == .replaced)
            #expect(try purge(learn(file), mode) == .purged)
        }
    }

    @Test func `a file of the same name stored in the same second, long ago, goes too`() throws {
        // The header alone cannot tell; the price is a miss more, and every purge saves two system calls.
        let file = try fixture.store("shop.example/a", date: 1_700_000_000)
        let known = try learn(file)
        try fixture.store("shop.example/a", date: 1_700_000_000)
        #expect(try purge(known) == .purged)
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `a file renewed in place by a 304 is purged`(_ mode: PurgeMode) throws {
        let file = try fixture.store("shop.example/a", date: 1_700_000_000)
        let known = try learn(file)
        try fixture.patch(file, at: 40, [1, 2, 3, 4, 0, 0, 0, 0])
        #expect(try purge(known, mode) == .purged)
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `a file of another version is never touched`(_ mode: PurgeMode) throws {
        let file = try fixture.store("shop.example/a")
        let known = try learn(file)
        for version in [UInt8(6), 4, 1, 255] {
            try fixture.patch(file, at: 0, [version])
            let before = FileManager.default.contents(atPath: file)
            #expect(try purge(known, mode) == .replaced)
            #expect(FileManager.default.contents(atPath: file) == before)
        }
    }

    @Test func `a link in the file's place is not followed, and not passed over`() throws {
        let file = try fixture.store("shop.example/a")
        let other = try fixture.store("shop.example/other")
        let known = try learn(file)
        try CacheFixture.remove(file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: other)
        let error = #expect(throws: FileError.self) { try purge(known) }
        #expect(error?.description.contains("It is a symbolic link") == true)
        #expect(CacheFixture.version(other) == 5)
    }
}
