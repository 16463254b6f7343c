import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct CacheFileHeaderTests {
    private static let sound = CacheFixture.bytes(
        key: "http://shop.example/a", head: "Cache-Tag: a\r\n", date: 77, validUntil: 99)

    private func skipped(_ bytes: [UInt8]) -> SkippedFile? {
        if case .unknown(let reason) = CacheFileHeader.read(bytes[...]) { reason } else { nil }
    }

    @Test func `the fields are read where nginx writes them`() throws {
        guard case .header(let header) = CacheFileHeader.read(Self.sound[...]) else {
            Issue.record("not read as a header")
            return
        }
        #expect(header.validUntil == 99)
        #expect(header.date == 77)
        #expect(header.headStart == 342 + 21 + 1)
        #expect(header.bodyStart == Self.sound.count - 5)
        #expect(!header.hasVary)
        #expect(Self.sound[header.headStart - 1] == UInt8(ascii: "\n"))
    }

    @Test func `Vary is seen`() {
        let bytes = CacheFixture.bytes(key: "k", head: "", hasVary: true)
        guard case .header(let header) = CacheFileHeader.read(bytes[...]) else {
            Issue.record("not read as a header")
            return
        }
        #expect(header.hasVary)
    }

    @Test func `fewer bytes than a header are truncated, at every length`() {
        for count in 0..<CacheFileHeader.keyOffset {
            #expect(skipped(Array(Self.sound.prefix(count))) == .truncated, "\(count) bytes")
        }
    }

    @Test func `version 0 over a sound header is our tombstone`() {
        let bytes = CacheFixture.bytes(key: "k", head: "", version: 0)
        guard case .tombstone = CacheFileHeader.read(bytes[...]) else {
            Issue.record("not read as a tombstone")
            return
        }
    }

    @Test(arguments: [1, 3, 4, 6, 7, 255, UInt64.max])
    func `another version is named and left alone`(_ version: UInt64) {
        #expect(skipped(CacheFixture.bytes(key: "k", head: "", version: version)) == .otherVersion(version))
    }

    @Test func `a file without the key line is an old version or not nginx's`() {
        var bytes = CacheFixture.bytes(key: "k", head: "", version: 3)
        bytes[336] = 0
        #expect(skipped(bytes) == .otherVersion(3))
        bytes[0] = 0
        #expect(skipped(bytes) == .notACacheFile)
        #expect(skipped([UInt8](repeating: 0, count: 4096)) == .notACacheFile)
        #expect(skipped([UInt8](repeating: 0x41, count: 4096)) == .notACacheFile)
    }

    @Test(arguments: [(0, 600), (342, 600), (400, 399), (65535, 0)])
    func `offsets that cannot be are refused`(_ headStart: UInt16, _ bodyStart: UInt16) {
        var bytes = Self.sound
        bytes.replaceSubrange(
            54..<58,
            with: [UInt8(headStart & 255), UInt8(headStart >> 8), UInt8(bodyStart & 255), UInt8(bodyStart >> 8)])
        #expect(skipped(bytes) == .notACacheFile)
    }

    @Test func `random damage never traps`() {
        var random = SeededGenerator()
        for _ in 0..<5000 {
            var bytes = Self.sound
            for _ in 0..<random.number(1...4) {
                bytes[random.number(0...341)] = UInt8.random(in: 0 ... .max, using: &random)
            }
            if case .header(let header) = CacheFileHeader.read(bytes[...]) {
                check(header.headStart > 342 && header.bodyStart >= header.headStart, "seed \(random.seed)")
            }
        }
    }
}
