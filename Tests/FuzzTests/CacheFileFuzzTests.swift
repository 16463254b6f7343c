import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Files in the cache directory that nginx wrote and something changed, field by field.
@Suite(.offPool) struct CacheFileFuzzTests {
    private static let name = "b7f54b2df7773722d382f4809d65029c"

    private let folder: URL
    private let file: URL
    private let cache: NginxCache
    private let key: ObjectKey

    init() throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        folder = URL(fileURLWithPath: parent).appendingPathComponent("edge-purge-fuzz-" + UUID().uuidString)
        let directory = folder.appendingPathComponent("c/29")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        file = directory.appendingPathComponent(Self.name)
        cache = try NginxCache(
            number: 0, path: folder.path, templates: [try CacheKeyTemplate("$scheme://$host$request_uri$slice_range")],
            tagHeaders: .standard, normalization: .cloudflare)
        let name = try #require(CacheFileName(Self.name))
        key = FileLocation(cache: 0, name: name, levels: try #require(DirectoryLevels(directory: "c/29"))).key
    }

    /// What an inspection says, without what depends on the file's inode.
    private enum Answer: Equatable {
        case object(date: UInt32, hosts: [[UInt8]], targets: [[UInt8]], tags: [[UInt8]], hasSiblings: Bool)
        case nothing
        case skipped(SkippedFile)
    }

    private func answer() throws -> Answer {
        var buffer: [UInt8] = []
        switch try cache.inspect(key, buffer: &buffer) {
        case .object(let object):
            return .object(
                date: object.date, hosts: object.reversedHosts, targets: object.targets, tags: object.tags,
                hasSiblings: object.hasSiblings)
        case .nothing, .deleted: return .nothing
        case .skipped(let reason): return .skipped(reason)
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: file)
    }

    /// Changes one field of the header, the key line, the stored head, or the file's length.
    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        func set(_ offset: Int, _ size: Int, _ value: UInt64) {
            for index in 0..<size where offset + index < bytes.count {
                bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
            }
        }
        let odd = UInt64(bitPattern: random.oddNumber())
        switch random.number(0...12) {
        case 0: set(0, 8, UInt64(random.number(0...17)))
        case 1: set(8, 8, odd)
        case 2: set(40, 8, odd)
        case 3: set(54, 2, random.once(in: 2) ? odd : UInt64(random.number(330...360)))
        case 4: set(56, 2, random.once(in: 2) ? odd : UInt64(random.number(300...1000)))
        case 5: set(58, 1, odd)
        case 6: set(187, 1, odd)
        case 7: set(336 + random.number(0...5), 1, odd)
        case 8:
            if bytes.count > 345 { bytes.insert(contentsOf: random.bytes(upTo: 30), at: 342 + random.number(0...3)) }
        case 9: bytes.removeLast(random.number(0...bytes.count))
        case 10: bytes += random.bytes(upTo: 5_000)
        case 11:
            if bytes.count > 400 { set(random.number(342...bytes.count - 1), 1, odd) }
        default: set(random.number(0...max(0, bytes.count - 1)), 1, odd)
        }
    }

    @Test func `whatever a file holds, it is an object, nothing or left alone, and its body does not matter`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let originals = try Fixtures.cacheFiles()
        for original in originals {
            try write(original)
            guard case .object = try answer() else {
                Issue.record("a real file is no object")
                continue
            }
        }
        Fuzz.run(2_000) { random in
            var bytes = random.pick(originals)
            for _ in 0..<random.number(1...3) { mutate(&bytes, &random) }
            try write(bytes)
            let before = try answer()
            guard case .object(let date, _, _, let tags, _) = before else { return }
            guard case .header(let header) = CacheFileHeader.read(bytes[...]) else {
                throw Fuzz.Failure(description: "an object without a header")
            }
            try Fuzz.check(date == UInt32(clamping: header.date), "date")
            try Fuzz.check(bytes.count >= header.bodyStart, "a head that is not there")
            try Fuzz.check(tags.allSatisfy { $0.count <= Limits.tagBytesMax }, "tags")
            bytes.removeLast(bytes.count - header.bodyStart)
            bytes += random.bytes(upTo: 3_000)
            try write(bytes)
            try Fuzz.check(try answer() == before, "the body changed what the file is")
        }
    }

    @Test func `a purge changes eight bytes of what it knows and nothing of anything else`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let originals = try Fixtures.cacheFiles()
        Fuzz.run(1_000) { random in
            let original = random.pick(originals)
            try write(original)
            var buffer: [UInt8] = []
            guard case .object(let object) = try cache.inspect(key, buffer: &buffer) else {
                throw Fuzz.Failure(description: "a real file is no object")
            }
            // The file is what was indexed, or was changed since.
            var bytes = original
            if random.once(in: 2) { mutate(&bytes, &random) }
            try write(bytes)
            let mode = random.once(in: 2) ? PurgeMode.delete : .invalidate
            let outcome = try cache.mark(
                object.key, date: object.date, mode: mode, now: 1_800_000_000, buffer: &buffer
            ) { random.once(in: 2) ? object.generation : 0 }
            let after = Array(try Data(contentsOf: file))
            try Fuzz.check(after.count == bytes.count, "the length changed")
            let changed = bytes.indices.filter { bytes[$0] != after[$0] }
            switch (outcome, mode) {
            case (.purged, .delete):
                try Fuzz.check(changed.allSatisfy { $0 < 8 }, "wrote to \(changed)")
                try Fuzz.check(try answer() == .nothing, "is still there")
            case (.purged, .invalidate):
                try Fuzz.check(changed.allSatisfy { 8..<16 ~= $0 }, "wrote to \(changed)")
            default: try Fuzz.check(changed.isEmpty, "\(outcome) wrote to \(changed)")
            }
        }
    }

    @Test func `giving bytes back keeps header and key of a deleted file, and touches nothing else`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let originals = try Fixtures.cacheFiles()
        Fuzz.run(1_000) { random in
            var bytes = random.pick(originals) + random.bytes(upTo: 20_000)
            if random.once(in: 2) { bytes.replaceSubrange(0..<8, with: repeatElement(0, count: 8)) }
            for _ in 0..<random.number(0...2) { mutate(&bytes, &random) }
            try write(bytes)
            var buffer: [UInt8] = []
            let given = try cache.giveBack(key, buffer: &buffer)
            let after = Array(try Data(contentsOf: file))
            guard given > 0 else { return try Fuzz.check(after == bytes, "the file was changed") }
            try Fuzz.check(bytes.prefix(8).allSatisfy { $0 == 0 }, "the file was not deleted")
            let headStart = Int(bytes[54]) | Int(bytes[55]) << 8
            try Fuzz.check(after == Array(bytes.prefix(headStart)), "not header and key")
            try Fuzz.check(after.last == UInt8(ascii: "\n"), "the key has no end")
            guard case .tombstone = CacheFileHeader.read(after[...]) else {
                throw Fuzz.Failure(description: "it is not deleted any more")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path).count == 1)
    }
}
