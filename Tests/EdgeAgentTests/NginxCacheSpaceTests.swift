import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct NginxCacheSpaceTests {
    private let directory: TemporaryDirectory
    private let fixture: CacheFixture
    private let cache: NginxCache

    init() throws {
        directory = try TemporaryDirectory()
        fixture = CacheFixture(path: directory.path)
        cache = try .plain(directory)
    }

    private static let body = String(repeating: "x", count: 100_000)

    /// Stores an object, and marks it deleted unless said otherwise.
    private func store(_ key: String, isDeleted: Bool = true, body: String = body) throws -> String {
        let file = try fixture.store(
            CacheFixture.bytes(key: key, head: "Cache-Tag: t\r\n", body: body), name: CacheFixture.name(key))
        if isDeleted { try fixture.patch(file, at: 0, [0]) }
        return file
    }

    private func giveBack(_ file: String) throws -> Int64 {
        var buffer: [UInt8] = []
        return try cache.giveBack(key(file), buffer: &buffer)
    }

    private func key(_ file: String) throws -> ObjectKey {
        let directory = String(file.dropFirst(self.directory.path.count + 1).dropLast(33))
        return .file(
            cache: 0, name: try #require(CacheFileName(String(file.suffix(32)))),
            levels: try #require(DirectoryLevels(directory: directory)))
    }

    private func inspect(_ file: String) throws -> Inspection {
        var buffer: [UInt8] = []
        return try cache.inspect(key(file), buffer: &buffer)
    }

    private func allocated(_ file: String) throws -> Int {
        var status = stat()
        guard unsafe stat(file, &status) == 0 else { throw CocoaError(.fileNoSuchFile) }
        return Int(status.st_blocks) * 512
    }

    private func content(_ file: String) throws -> [UInt8] {
        Array(try #require(FileManager.default.contents(atPath: file)))
    }

    /// What else lies in the directory.
    private func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter { $0.count > 4 }
    }

    @Test func `of a deleted file header and key stay, in one block`() throws {
        let file = try store("shop.example/a")
        let before = (bytes: try content(file), allocated: try allocated(file))
        guard case .deleted(_, _, let spare) = try inspect(file) else {
            throw NeverHappened(what: "the file is marked deleted")
        }
        #expect(spare == Int64(before.allocated) - 4096)
        #expect(try giveBack(file) == spare)
        #expect(try allocated(file) == 4096)
        #expect(try content(file) == Array(before.bytes.prefix(342 + "shop.example/a\n".utf8.count)))
        #expect(try files().count == 1)
        guard case .deleted(_, changed: 0, spareBytes: 0) = try inspect(file) else {
            throw NeverHappened(what: "it is deleted, and no 304 brings it back")
        }
        #expect(try giveBack(file) == 0)
    }

    @Test func `a key of many blocks stays whole`() throws {
        let file = try store("shop.example/" + String(repeating: "k", count: 20_000))
        let before = try content(file)
        #expect(try giveBack(file) > 0)
        #expect(try content(file) == Array(before.prefix(342 + 20_013 + 1)))
    }

    @Test func `nothing else is touched`() throws {
        let live = try store("shop.example/live", isDeleted: false)
        let stale = try store("shop.example/stale", isDeleted: false)
        try fixture.patch(stale, at: 8, [1, 0, 0, 0, 0, 0, 0, 0])
        let small = try store("shop.example/small", body: "x")
        let other = try store("shop.example/other")
        try fixture.patch(other, at: 337, Array("YEK".utf8))
        for file in [live, stale, small, other] {
            let before = try content(file)
            #expect(try giveBack(file) == 0)
            #expect(try content(file) == before)
        }
        let gone = try store("shop.example/gone")
        try CacheFixture.remove(gone)
        #expect(try giveBack(gone) == 0)
    }

    @Test func `a file with holes counts what it takes, not how long it is`() throws {
        let file = try store("shop.example/a")
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.truncate(atOffset: 1 << 30)
        try handle.close()
        let before = try allocated(file)
        #expect(before < 1 << 20)
        #expect(try giveBack(file) == Int64(before - 4096))
    }

    @Test(arguments: [0, 1, 341, 342, 65_535])
    func `a header that lies about its key is left alone`(_ headStart: Int) throws {
        let file = try store("shop.example/a")
        try fixture.patch(file, at: 54, [UInt8(headStart & 255), UInt8(headStart >> 8)])
        let before = try content(file)
        #expect(try giveBack(file) == 0)
        #expect(try content(file) == before)
        #expect(try files().count == 1)
    }

    @Test func `the name of the new file is none that nginx gives`() {
        // Ten digits of 32 bits.
        #expect(UInt64(NginxCache.temporarySuffix.dropFirst()).map { $0 > UInt64(UInt32.max) } == true)
        #expect(CacheFileName(CacheFixture.name("x") + NginxCache.temporarySuffix) == nil)
    }
}
