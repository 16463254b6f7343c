import PurgeModel
import TestSupport
import Testing

@Suite struct CacheTagTests {
    @Test func `case does not matter`() throws {
        #expect(try CacheTag(validating: "Tag1") == CacheTag(validating: "tag1"))
        #expect(try CacheTag(validating: "A!~[Z]@`{").description == "a!~[z]@`{")
    }

    @Test func `1 to 1024 characters`() throws {
        let longest = String(repeating: "x", count: 1024)
        #expect(try CacheTag(validating: longest).bytes.count == 1024)
        let tooLong = #expect(throws: SelectorError.self) { try CacheTag(validating: longest + "x") }
        #expect(tooLong?.code == .tagTooLong)
        let empty = #expect(throws: SelectorError.self) { try CacheTag(validating: "") }
        #expect(empty?.code == .emptyTag)
    }

    @Test(arguments: [" ", "a b", " a", "a\t", "a,b", "é", "a\u{7F}", "a\u{0}", "\n"])
    func `only printable ASCII without spaces and commas`(text: String) {
        let error = #expect(throws: SelectorError.self) { try CacheTag(validating: text) }
        #expect(error?.code == .invalidTag)
    }
}

@Suite struct CacheTagHeadersTests {
    private func scan(_ head: String, _ headers: CacheTagHeaders = .standard) -> TagScan {
        headers.tags(inResponseHead: Array(head.utf8).span)
    }

    private func tags(_ lines: String...) -> [String] {
        scan("HTTP/1.1 200 OK\r\n" + lines.joined(separator: "\r\n") + "\r\n\r\n").tags.map(\.description)
    }

    @Test func `spaces and repeated commas are dropped`() {
        #expect(tags("Cache-Tag:tag1,tag2,tag3") == ["tag1", "tag2", "tag3"])
        #expect(tags("Cache-Tag: tag1 , tag2") == ["tag1", "tag2"])
        #expect(tags("Cache-Tag: ,tag1,,, tag2,\t,") == ["tag1", "tag2"])
        #expect(tags("Cache-Tag:") == [])
        #expect(tags("Cache-Tag: ,,") == [])
    }

    @Test func `fields add up, each tag once, in lower case`() {
        #expect(
            tags(
                "cache-tag: A,b", "Date: x", "CACHE-TAG: B,c", "Edge-Cache-Tag: d", "x-cache-tags: e",
                "X-Magento-Tags: f,a")
                == ["a", "b", "c", "d", "e", "f"])
    }

    @Test func `some headers take spaces, and commas too`() {
        #expect(tags("Surrogate-Key: a b  c") == ["a", "b", "c"])
        #expect(tags("xkey: a, b,c d") == ["a", "b", "c", "d"])
    }

    @Test func `other headers are passed over`() {
        #expect(tags("Cache-Tagss: a", "XX-Cache-Tag: b", "Cache-Ta: c", "Cache-Tag : d", "X: Cache-Tag: e") == [])
        #expect(scan("Cache-Tag: a").tags.map(\.description) == ["a"])
        #expect(scan("Cache-Tag").tags.isEmpty)
    }

    @Test func `bare line feeds end lines too, and what follows the empty line is body`() {
        let found = scan("HTTP/1.1 200 OK\nCache-Tag: a\nxkey: b c\n\nCache-Tag: body\n")
        #expect(found.tags.map(\.description) == ["a", "b", "c"])
        #expect(found.isComplete)
        #expect(!scan("HTTP/1.1 200 OK\r\nCache-Tag: a\r\n").isComplete)
        #expect(scan("HTTP/1.1 200 OK\r\nCache-Tag: a\r\n\r\nCache-Tag: b\r\n").tags.count == 1)
    }

    @Test func `a continued line belongs to its field`() {
        #expect(tags("Cache-Tag: a,", "  b,", "\tc", "Date: x", "  d") == ["a", "b", "c"])
    }

    @Test func `what is no tag is dropped and counted`() {
        let found = scan("X: y\r\nCache-Tag: a, b c, é, d\u{7F}, e, \(String(repeating: "x", count: 1025))\r\n\r\n")
        #expect(found.tags.map(\.description) == ["a", "e"])
        #expect(found.dropped.invalid == 3)
        #expect(found.dropped.tooLong == 1)
        #expect(found.dropped.count == 4)
        #expect(found.dropped.byReason.map(\.count) == [1, 3, 0])
        #expect(scan("Surrogate-Key: a é b\r\n\r\n").dropped.invalid == 1)
    }

    /// Attack A6: applications tagged their pages under names that nobody looked for.
    @Test(arguments: [
        ("X-Cache-Tag: el36635 se95", ["el36635", "se95"]),
        ("X-Drupal-Cache-Tags: config:block.block.x node:1", ["config:block.block.x", "node:1"]),
        ("Purge-Cache-Tags: node:1 node_list", ["node:1", "node_list"]),
        ("Cache-Tags: /books/1,/books", ["/books/1", "/books"]),
        ("Cache-Tags: /books/1, /books", ["/books/1", "/books"]),
        ("Cache-Tags: node:1 node_list", ["node:1", "node_list"]),
        ("X-LiteSpeed-Tag: public:P_12, F", ["public:p_12", "f"]),
        ("CDN-Tag: did:plc:a,did:plc:b", ["did:plc:a", "did:plc:b"]),
        ("Netlify-Cache-Tag: promotions, shoes", ["promotions", "shoes"]),
        ("Vercel-Cache-Tag: product-1,products", ["product-1", "products"]),
        ("Cache-Groups: \"Scripts\", \"eurovision\"", ["scripts", "eurovision"]),
    ])
    func `each name in common use is read as its senders write it`(line: String, expected: [String]) {
        #expect(tags(line) == expected)
    }

    @Test func `a structured field is a list of strings, its parameters are passed over`() {
        let head = #"""
            Cache-Groups: "a";x=1;y="q", "b\"c\\d",word
            cache-groups:
            Cache-Groups:   "e"
            Cache-Groups: "has space", "has,comma", "", 7, ("in" "ner"), "f"
            Cache-Groups: "no end
            Cache-Groups: "g",
            Cache-Groups: "h"


            """#
        let found = scan(head)
        #expect(found.tags.map(\.description) == ["a", #"b"c\d"#, "word", "e", "f", "h"])
        #expect(found.dropped.invalid == 5 + 2)
        #expect(found.isComplete)
        #expect(scan("Cache-Groups: \"a\"").tags.map(\.description) == ["a"])
        #expect(scan("Cache-Groups: \"\(String(repeating: "x", count: 1025))\"\n\n").dropped.tooLong == 1)
    }

    @Test func `as many bytes of values are read as are configured, over all fields`() {
        let limited = CacheTagHeaders(CacheTagHeaders.standard.headers, bytesMax: 16_384)
        // 1,638 tags of nine characters with their comma are 16,380 bytes.
        let first = (0..<1638).map { "t" + String(10_000_000 + $0) }.joined(separator: ",") + ","
        #expect(first.utf8.count == 16_380)
        let full = scan("Cache-Tag:\(first)abcd,efgh\r\nxkey: z y\r\n\r\n", limited)
        #expect(full.tags.count == 1639)
        #expect(full.tags.last?.description == "abcd")
        #expect(full.dropped.beyondLimit == 3)
        #expect(full.dropped.count == 3)
        let cut = scan("Cache-Tag:\(first)\r\nxkey:abcde\r\nCache-Groups: \"a\"\r\n\r\n", limited)
        #expect(cut.tags.count == 1638)
        #expect(cut.dropped.beyondLimit == 2)
    }

    /// Attack A6: a Magento page with 44 KB of tags was found by the first 16 KiB of them.
    @Test func `by default all is read that nginx can store`() {
        let names = (0..<5_500).map { "cat_p_\($0)" }
        let found = scan("X-Magento-Tags: \(names.joined(separator: ","))\r\n\r\n")
        #expect(found.tags.map(\.description) == names)
        #expect(found.dropped.count == 0)
    }

    @Test(arguments: [1, 8, 63, 64, 65, 500])
    func `each tag comes once, however many there are`(count: Int) {
        let names = (0..<count).map { "tag-\($0)" }
        let twice = (names + names.reversed()).joined(separator: ",")
        #expect(tags("Cache-Tag: \(twice)") == names)
    }

    @Test func `other names can be given`() {
        let headers = CacheTagHeaders([CacheTagHeaders.Header(name: "X-Tags", separator: .space)])
        #expect(scan("Cache-Tag: a\r\nx-tags: b c\r\n\r\n", headers).tags.map(\.description) == ["b", "c"])
        #expect(scan("Cache-Tag: a\r\n: b\r\n\r\n", CacheTagHeaders([])).tags.isEmpty)
        #expect(
            scan(": b\r\n\r\n", CacheTagHeaders([CacheTagHeaders.Header(name: "", separator: .comma)])).tags.isEmpty)
    }

    @Test(arguments: [UInt64(11), 12, 13])
    func `it finds what a slow reading with strings finds`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "Cache-Tag", "xkey", "X-Other", ":", ",", " ", "\t", "\r\n", "\n", "a", "B", "cc", "\u{1}", "é", "\r", "-",
        ]
        for round in 0..<5_000 {
            let head = (0..<Int.random(in: 0...24, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let slow = Self.slowly(head)
            check(scan(head).tags.map(\.description) == slow, "seed \(seed) round \(round): \(Array(head.utf8))")
        }
    }

    /// The same rules written for reading rather than for speed; no limits.
    private static func slowly(_ head: String) -> [String] {
        var found: [String] = []
        var separator: CacheTagHeaders.Separator?
        for line in head.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLastIfEmpty() {
            var value = Substring(line)
            if value.utf8.elementsEqual("\r".utf8) || value.isEmpty { break }
            if value.utf8.first != UInt8(ascii: " "), value.utf8.first != UInt8(ascii: "\t") {
                separator = nil
                for header in CacheTagHeaders.standard.headers {
                    let name = header.name.lowercased() + ":"
                    if String(decoding: value.utf8.prefix(name.utf8.count), as: UTF8.self).lowercased() == name {
                        separator = header.separator
                        value = Substring(value.utf8.dropFirst(name.utf8.count))
                        break
                    }
                }
            }
            guard let separator else { continue }
            let blanks: Set<Unicode.Scalar> = [" ", "\t", "\r"]
            for part in value.unicodeScalars.split(whereSeparator: {
                $0 == "," || separator == .space && blanks.contains($0)
            }) {
                let start = part.drop { blanks.contains($0) }
                let end = start.lastIndex { !blanks.contains($0) }.map { start.index(after: $0) } ?? start.endIndex
                if let tag = try? CacheTag(validating: String(start[..<end])), !found.contains(tag.description) {
                    found.append(tag.description)
                }
            }
        }
        return found
    }

    @Test func `no bytes make it trap`() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            _ = CacheTagHeaders.standard.tags(inResponseHead: (Array("Cache-Tag:".utf8) + bytes).span)
            _ = CacheTagHeaders.standard.tags(inResponseHead: bytes.span)
        }
    }
}

extension Array {
    /// Text that ends with a line feed has no further line.
    fileprivate func dropLastIfEmpty() -> ArraySlice<Element> where Element: Collection {
        last?.isEmpty == true ? dropLast() : self[...]
    }
}
