import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Attack A6: where the upstream spoke FastCGI or HTTP/2, a page had no tags, or not the one that a record cut.
@Suite struct HeadReaderTests {
    private let reader = HeadReader(.standard)

    private func read(_ head: [UInt8]) -> (tags: [String], loss: TagLoss?) {
        let found = reader.tags(in: head.span)
        return (found.tags.map(\.description), found.loss)
    }

    private func read(_ head: String) -> (tags: [String], loss: TagLoss?) { read(Array(head.utf8)) }

    // MARK: Lines

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nCache-Tag: a,b\r\n\r\n", "HTTP/1.0 404 Not Found\nX: y\nCache-Tag: a\nxkey: b\n\n",
        "Status: 200 OK\r\nCache-Tag: a,b\r\n\r\n", "Cache-Tag: a,b\r\nContent-Type: text/plain\r\n\r\n",
        "cache-tag: a,b\n\n",
    ])
    func `HTTP/1 and CGI are lines, whatever stands first`(head: String) {
        let found = read(head)
        #expect(found.tags == ["a", "b"])
        #expect(found.loss == nil)
    }

    @Test(arguments: ["", "\r\n", "\n", "HTTP/1.1 200 OK\r\n\r\n"])
    func `a head may have no fields`(head: String) {
        let found = read(head)
        #expect(found.tags.isEmpty)
        #expect(found.loss == nil)
    }

    @Test func `lines without an end are told, and what they have is taken`() {
        let found = read("HTTP/1.1 200 OK\r\nCache-Tag: a\r\nX")
        #expect(found.tags == ["a"])
        #expect(found.loss?.head == .incomplete)
    }

    @Test(arguments: [
        "hello\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", ":x\r\n", "\u{7f}ELF: x", "\u{3}\u{6}xyz", "/: a", "abc",
    ])
    func `a head in no protocol that is known is told`(head: String) {
        let found = read(head)
        #expect(found.tags.isEmpty)
        #expect(found.loss?.head == .unknownProtocol)
    }

    @Test func `tags that were dropped are told`() {
        let found = read("HTTP/1.1 200 OK\r\nCache-Tag: a, b c, d\r\n\r\n")
        #expect(found.tags == ["a", "d"])
        #expect(found.loss?.head == nil)
        #expect(found.loss?.dropped.invalid == 1)
        #expect(found.loss.map { "\($0)" }?.contains("1 no tags") == true)
    }

    // MARK: FastCGI

    private let lines = Array("Cache-Tag: first,product-103\r\nStatus: 200 OK\r\nX-Cache-Tag: x y\r\n\r\n".utf8)
    private let expected = ["first", "product-103", "x", "y"]

    @Test func `a record boundary may be anywhere`() {
        for cut in 0...lines.count {
            let (before, after) = (lines.prefix(cut), lines.dropFirst(cut))
            for padding in [0, 1, 7, 255] {
                var head = FastCGIRecords.record(FastCGIRecords.stdout, before, padding: padding)
                head += FastCGIRecords.record(FastCGIRecords.stdout, after + Array("body".utf8)).dropLast(4)
                let found = read(head)
                #expect(found.tags == expected, "cut at \(cut), padding \(padding)")
                #expect(found.loss == nil)
            }
        }
    }

    @Test func `messages come before and between`() {
        let message = Array("PHP message: Cache-Tag: no\r\nCache-Tag: no\r\n\r\n".utf8)
        let stderr = FastCGIRecords.record(FastCGIRecords.stderr, message, padding: 3)
        let head =
            stderr + FastCGIRecords.record(FastCGIRecords.stdout, lines.prefix(15), padding: 1) + stderr + stderr
            + FastCGIRecords.record(FastCGIRecords.stdout, lines.dropFirst(15))
        let found = read(head)
        #expect(found.tags == expected)
        #expect(found.loss == nil)
    }

    @Test func `what is no record, and a head without an end, are told`() {
        let whole = FastCGIRecords.record(FastCGIRecords.stdout, lines)
        for count in 1..<whole.count { #expect(read(Array(whole.prefix(count))).loss?.head != nil, "\(count) bytes") }
        for (index, byte) in [(0, UInt8(2)), (1, 3), (1, 0)] {
            var head = FastCGIRecords.record(FastCGIRecords.stdout, lines.prefix(30)) + whole
            head[38 + index] = byte
            let found = read(head)
            #expect(found.tags == ["first", "product-103"])
            #expect(found.loss?.head == .damagedFastCGI)
        }
    }

    @Test func `cut into small pieces, with messages and padding, it is the same`() {
        var random = SeededGenerator()
        let names = (0..<1_500).map { "node-\($0)" }
        let text = Array("Cache-Tag: \(names.joined(separator: ","))\r\n\r\n".utf8)
        for sizeMax in [1, 2, 9, 500, 8_184] {
            let found = read(FastCGIRecords.cut(text, sizeMax: sizeMax, &random))
            #expect(found.tags == names, "seed \(random.seed), pieces of \(sizeMax)")
            #expect(found.loss == nil)
        }
    }
}
