import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct IndexKeysTests {
    @Test(arguments: DirectoryLevels.layouts)
    func `the names of one directory are exactly those in its key range`(_ widths: [Int]) throws {
        var random = SeededGenerator()
        for _ in 0..<100 {
            let cache = random.pick([UInt8(0), 1, 254, 255])
            // From few digits, so that names are often near each other, and at both ends.
            let digits = random.pick([["0", "1", "f"], ["e", "f"], ["0", "7", "8", "f"]])
            let text = (0..<32).map { _ in random.pick(digits) }.joined()
            let directory =
                (widths.reduce(into: (parts: [String](), rest: Substring(text))) { result, width in
                    result.parts.append(String(result.rest.suffix(width)))
                    result.rest = result.rest.dropLast(width)
                }).parts.joined(separator: "/")
            let levels = try #require(DirectoryLevels(directory: directory))
            let range = CacheFileName.keys(of: cache, below: directory)
            for _ in 0..<20 {
                let other = (0..<32).map { _ in random.pick(digits) }.joined()
                let name = try #require(CacheFileName(random.once(in: 3) ? text : other))
                let number = random.once(in: 4) ? cache &+ 1 : cache
                let file = ObjectKey.file(cache: number, name: name, levels: random.pick(DirectoryLevels.all))
                let key = file.encoded()
                let isInside =
                    !key.lexicographicallyPrecedes(range.lower)
                    && range.upper.map { key.lexicographicallyPrecedes($0) } ?? true
                let belongs = number == cache && name.belongs(in: directory, levels: levels)
                check(isInside == belongs, "\(directory) \(name.text) cache \(number), seed \(random.seed)")
                check(try ObjectKey(decoding: key) == file, "\(file), seed \(random.seed)")
            }
        }
    }

    @Test func `a files key of another length is an error`() {
        for count in (0...24) where count != 18 {
            let bytes = [UInt8](repeating: 1, count: count)
            #expect(throws: IndexFormatError.self) { try ObjectKey(decoding: bytes) }
        }
    }

    @Test func `an object number is read off the end of a key`() {
        let id = ObjectID(rawValue: 0x0102_0304_0506_0708)
        let keys: [[UInt8]] = [
            IndexKeys.url(7, target: Array("/a".utf8), id: id), IndexKeys.label(7, id), [1, 2, 3], [],
        ]
        #expect(keys.map { IndexKeys.objectID(endOf: $0.span) } == [id, id, nil, nil])
    }

    @Test func `keys sort as their numbers do`() {
        var random = SeededGenerator()
        for _ in 0..<1000 {
            let first = ObjectID(rawValue: random.next() >> UInt64(random.number(0...63)))
            let second = ObjectID(rawValue: random.next() >> UInt64(random.number(0...63)))
            check(
                IndexKeys.object(first).lexicographicallyPrecedes(IndexKeys.object(second)) == (first < second),
                "\(first) \(second)"
            )
        }
    }

    @Test func `the end of a prefix is the first key behind it`() {
        #expect([UInt8]().prefixEnd == nil)
        #expect([UInt8(0xff)].prefixEnd == nil)
        #expect([UInt8(1), 0xff, 0xff].prefixEnd == [2])
        #expect([UInt8(1), 2].prefixEnd == [1, 3])
    }
}
