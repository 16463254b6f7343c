import LinuxFiles
import TestSupport
import Testing

@testable import EdgeAgent

struct KnownDirectoryTests {
    private func identity(_ seed: UInt64) -> FileIdentity {
        FileIdentity(inode: seed, birthNanoseconds: Int64(seed) * 7, handleDigest: ~seed)
    }

    private func sample() -> KnownDirectory {
        var known = KnownDirectory(
            identity: TreeIdentity(root: identity(3), mounts: ["a": identity(5), "b/é": identity(8)]),
            stamp: DirectoryStamp(lineage: 0xfe, number: 42))
        known.floor = 41
        known.settled = 17
        return known
    }

    @Test func `it is read as it was written, and nothing else is`() throws {
        let known = sample()
        #expect(try KnownDirectory(decoding: known.encoded()) == known)
        let bytes = known.encoded()
        for count in bytes.indices {
            #expect(throws: IndexFormatError.self) { try KnownDirectory(decoding: Array(bytes.prefix(count))) }
        }
        #expect(throws: IndexFormatError.self) { try KnownDirectory(decoding: bytes + [0]) }
    }

    @Test func `damaged bytes never trap`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            var bytes = sample().encoded()
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? KnownDirectory(decoding: bytes)
            let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Array("0123456789abcdef  +-\n".utf8).randomElement(using: &generator) ?? 0
            }
            if let stamp = DirectoryStamp(text: text) { #expect(stamp.text == text, "seed \(seed)") }
        }
    }

    @Test func `a stamp has one text`() throws {
        let stamp = DirectoryStamp(lineage: 0xfe, number: 42)
        #expect(String(decoding: stamp.text, as: UTF8.self) == "00000000000000fe 42")
        #expect(DirectoryStamp(text: stamp.text) == stamp)
        let largest = DirectoryStamp(lineage: .max, number: .max)
        #expect(DirectoryStamp(text: largest.text) == largest)
        for text in [
            "", "00000000000000fe", "00000000000000FE 42", "00000000000000fe 042", "fe 42",
            "00000000000000fe 42\n", "00000000000000fe +42", "+0000000000000fe 42",
        ] {
            #expect(DirectoryStamp(text: Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test func `what differs is told, and what nobody knew does not differ`() {
        var known = sample()
        func difference(_ number: UInt64?, lineage: UInt64 = 0xfe, hasStamp: Bool = true) -> KnownDirectory.Difference?
        {
            let stamp = number.map { DirectoryStamp(lineage: lineage, number: $0) }
            return known.difference(known.identity, stamp, hasStamp: hasStamp)
        }
        #expect(difference(42) == nil && difference(41) == nil && difference(43) == nil)
        #expect(difference(40) == .older && difference(nil) == .older && difference(42, lineage: 1) == .older)
        #expect(difference(nil, hasStamp: false) == nil)
        known.lostPower()
        #expect(difference(17) == nil && difference(16) == .older)
        let other = TreeIdentity(root: known.identity.root, mounts: [:])
        #expect(known.difference(other, known.stamp, hasStamp: true) == .other)
        // Another kernel knows birth times, or none.
        let blind = FileIdentity(inode: 3, birthNanoseconds: 0)
        #expect(identity(3).mayBe(blind) && blind.mayBe(identity(3)))
        #expect(!identity(3).mayBe(FileIdentity(inode: 3, birthNanoseconds: 22, handleDigest: ~3)))
        #expect(!identity(3).mayBe(FileIdentity(inode: 3, birthNanoseconds: 21, handleDigest: 1)))
        #expect(!identity(3).mayBe(FileIdentity(inode: 4, birthNanoseconds: 0)))
    }
}
