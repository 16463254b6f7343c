import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct NginxCacheInspectTests {
    private let directory: TemporaryDirectory
    private let fixture: CacheFixture
    private let cache: NginxCache
    private let levels: DirectoryLevels

    init() throws {
        directory = try TemporaryDirectory()
        fixture = CacheFixture(path: directory.path)
        cache = try NginxCache(
            number: 3, path: directory.path,
            templates: [try CacheKeyTemplate("$scheme://$host$request_uri$slice_range")],
            tagHeaders: .standard, normalization: .cloudflare)
        levels = try #require(DirectoryLevels(directory: "c/29"))
    }

    private func inspect(_ name: String) throws -> Inspection {
        var buffer: [UInt8] = []
        return try inspect(name, &buffer)
    }

    private func inspect(_ name: String, _ buffer: inout [UInt8]) throws -> Inspection {
        let name = try #require(CacheFileName(name))
        return try cache.inspect(.file(cache: 3, name: name, levels: levels), buffer: &buffer)
    }

    private func object(_ name: String) throws -> StoredObject {
        guard case .object(let object) = try inspect(name) else {
            throw NeverHappened(what: "the file holds an object")
        }
        return object
    }

    private func skipped(_ name: String) throws -> SkippedFile? {
        if case .skipped(let reason) = try inspect(name) { reason } else { nil }
    }

    private func tags(_ object: StoredObject) -> [String] { object.tags.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `an object may lie under all levels under which a file was ever seen`() throws {
        let key = Array("http://a.example/page".utf8)
        let all = cache.places(of: key, isKnown: true)
        #expect(all.count == 15)
        try fixture.store(CacheFixture.bytes(key: "http://a.example/x", head: ""), name: CacheFixture.name("x"))
        func look(_ directory: String) throws {
            for below in try #require(try cache.list(directory)).below { try look(below) }
        }
        try look("")
        let seen = cache.places(of: key, isKnown: true)
        #expect(seen.map(\.rest) == [levels.rawValue])
        #expect(cache.places(of: key, isKnown: false) == all)
        // nginx has other levels now, and stores its first file under them.
        let name = CacheFixture.name("y")
        let change = FileChange(root: 0, directory: String(name.suffix(2)), name: name, kind: .appeared)
        #expect(cache.key(of: change) != nil)
        #expect(cache.places(of: key, isKnown: true).count == 2)
    }

    @Test func `everything a purge may name an object by is read`() throws {
        let name = CacheFixture.name("a")
        let bytes = CacheFixture.bytes(
            key: "https://WWW.Shop.example:8443//a/../b?C", head: "Cache-Tag: Red,blue\r\nSurrogate-Key: red green\r\n",
            body: String(repeating: "x", count: 3000), date: 1_700_000_123)
        try fixture.store(bytes, name: name)
        let object = try object(name)
        #expect(object.reversedHosts == [Array("example.shop.www".utf8)])
        #expect(object.targets == [Array("/b?C".utf8)])
        #expect(tags(object) == ["red", "blue", "green"])
        #expect(object.date == 1_700_000_123)
        #expect(object.sizeKiB == UInt32((bytes.count + 1023) / 1024))
        #expect(!object.hasSiblings)
        #expect(object.key.cache == 3)
        #expect(try cache.generation(object.key) == object.generation)
    }

    /// Attack A6: a page of fastcgi_cache whose first header was Cache-Tag had no tags.
    @Test func `the head may be in another protocol, and is read up to the body`() throws {
        let name = CacheFixture.name("records")
        let lines = Array("Cache-Tag: first\r\nStatus: 200 OK\r\nxkey: a b\r\n\r\n".utf8)
        let record = FastCGIRecords.record(FastCGIRecords.stdout, lines + Array("Cache-Tag: body\r\n".utf8))
        let head = Array(record.prefix(8 + lines.count))
        try fixture.store(
            CacheFixture.bytes(key: "http://a.example/a", wholeHead: head, body: "Cache-Tag: body\r\n"), name: name)
        let object = try object(name)
        #expect(tags(object) == ["first", "a", "b"])
        #expect(object.tagLoss == nil)
    }

    @Test func `what cannot be read is an object all the same`() throws {
        let name = CacheFixture.name("odd")
        for (head, loss) in [("?", UnreadableHead.unknownProtocol), ("HTTP/1.1 200 OK\r\n", .incomplete)] {
            try fixture.store(CacheFixture.bytes(key: "http://a.example/a", wholeHead: Array(head.utf8)), name: name)
            let object = try object(name)
            #expect(object.targets == [Array("/a".utf8)])
            #expect(object.tagLoss?.head == loss)
        }
    }

    @Test func `variants and slices have siblings`() throws {
        let (variant, slice) = (CacheFixture.name("variant"), CacheFixture.name("slice"))
        try fixture.store(CacheFixture.bytes(key: "http://a.example/a", head: "", hasVary: true), name: variant)
        try fixture.store(CacheFixture.bytes(key: "http://a.example/abytes=0-9", head: ""), name: slice)
        #expect(try object(variant).hasSiblings)
        #expect(try object(slice).hasSiblings)
        #expect(try object(slice).targets.first == Array("/a".utf8))
    }

    @Test func `tags far beyond the first read are found, and the buffer stays small`() throws {
        let name = CacheFixture.name("long")
        var buffer: [UInt8] = []
        for padding in [3000, 3600, 3700, 3720, 3740, 4000, 8000, 30_000, 64_000] {
            let head = "X-Padding: \(String(repeating: "x", count: padding))\r\nCache-Tag: last\r\n"
            try fixture.store(CacheFixture.bytes(key: "http://a.example/a", head: head), name: name)
            guard case .object(let object) = try inspect(name, &buffer) else {
                Issue.record("no object with \(padding) bytes")
                continue
            }
            #expect(tags(object) == ["last"], "\(padding) bytes")
            #expect(buffer.count == NginxCache.firstReadBytes)
        }
    }

    @Test func `a file cut off anywhere in its header, key or head is truncated`() throws {
        let name = CacheFixture.name("cut")
        let long = "X-Padding: \(String(repeating: "x", count: 5000))\r\nCache-Tag: a\r\n"
        for head in ["Cache-Tag: a\r\n", long] {
            let bytes = CacheFixture.bytes(key: "http://a.example/a", head: head, body: "")
            for count in [0, 1, 335, 336, 341, 342, 343, 360, 4095, 4096, 4097, bytes.count - 1]
            where count < bytes.count {
                try fixture.store(Array(bytes.prefix(count)), name: name)
                #expect(try skipped(name) == .truncated, "\(count) of \(bytes.count) bytes")
            }
            try fixture.store(bytes, name: name)
            #expect(tags(try object(name)) == ["a"])
        }
    }

    @Test func `what is not nginx's is left alone`() throws {
        let name = CacheFixture.name("foreign")
        try fixture.store([UInt8](repeating: 0x20, count: 5000), name: name)
        #expect(try skipped(name) == .notACacheFile)
        try fixture.store(CacheFixture.bytes(key: "http://a.example/", head: "", version: 6), name: name)
        #expect(try skipped(name) == .otherVersion(6))
    }

    @Test func `a tombstone and a missing file are nothing`() throws {
        let name = CacheFixture.name("gone")
        guard case .nothing = try inspect(name) else {
            Issue.record("found a file that is not there")
            return
        }
        try fixture.store(CacheFixture.bytes(key: "http://a.example/", head: "", version: 0), name: name)
        guard case .deleted(_, let changed, _) = try inspect(name) else {
            Issue.record("took a tombstone for an object, or for nothing")
            return
        }
        #expect(abs(changed - SystemClock().now.milliseconds) < 60_000)
    }

    /// nginx serves what a link leads to, so one is never passed over; it does not serve the others.
    @Test(arguments: ["directory", "link to a file", "link to nothing", "link to itself", "fifo"])
    func `something else under a file's name is skipped, and a link told`(_ kind: String) throws {
        let name = CacheFixture.name("a")
        let file = directory.path + "/" + (try #require(CacheFileName(name))).path(levels: levels)
        let manager = FileManager.default
        try manager.createDirectory(atPath: String(file.dropLast(33)), withIntermediateDirectories: true)
        switch kind {
        case "directory": try manager.createDirectory(atPath: file, withIntermediateDirectories: false)
        case "link to a file":
            let other = try fixture.store("http://a.example/other")
            try manager.createSymbolicLink(atPath: file, withDestinationPath: other)
        case "link to nothing": try manager.createSymbolicLink(atPath: file, withDestinationPath: "/nowhere")
        case "link to itself": try manager.createSymbolicLink(atPath: file, withDestinationPath: file)
        default: #expect(unsafe mkfifo(file, 0o600) == 0)
        }
        guard kind.hasPrefix("link") else {
            #expect(try skipped(name) == .notACacheFile)
            return
        }
        let error = #expect(throws: FileError.self) { try skipped(name) }
        #expect(error?.description.contains("\"\(file)\"") == true)
        #expect(error?.description.contains("Remove it") == true)
    }

    @Test func `an object whose key cannot be taken apart is still known`() throws {
        let name = CacheFixture.name("odd")
        let key = "some other key"
        try fixture.store(CacheFixture.bytes(key: key, head: "Cache-Tag: a\r\n"), name: name)
        let odd = try object(name)
        #expect(odd.reversedHosts.isEmpty)
        #expect(odd.targets == [Array(key.utf8)])
        #expect(tags(odd) == ["a"])
        // A host that nginx takes and DNS does not: it is below one that purges can name.
        try fixture.store(CacheFixture.bytes(key: "http://a..b/x", head: ""), name: name)
        #expect(try object(name).reversedHosts == [Array("b..a".utf8)])
    }

    @Test func `an empty key and an empty head do not trap`() throws {
        let name = CacheFixture.name("empty")
        var bytes = CacheFixture.bytes(key: "", head: "", body: "")
        try fixture.store(bytes, name: name)
        #expect(try object(name).reversedHosts.isEmpty)
        bytes.replaceSubrange(56..<58, with: bytes[54..<56])
        try fixture.store(bytes, name: name)
        #expect(try object(name).tags.isEmpty)
    }
}
