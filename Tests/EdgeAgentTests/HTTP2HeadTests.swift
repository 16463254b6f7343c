import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Heads in HTTP/2 frames, by the bytes of the standards (RFC 9113, RFC 7541).
@Suite struct HTTP2HeadTests {
    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace }
        return stride(from: 0, to: digits.count, by: 2).map { offset in
            UInt8(digits.dropFirst(offset).prefix(2), radix: 16) ?? 0
        }
    }

    private func frame(_ type: UInt8, _ flags: UInt8, _ payload: [UInt8], stream: UInt8 = 1) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags, 0, 0, 0, stream]
            + payload
    }

    /// A literal field with a new name, without Huffman; `first` says whether it is to be indexed.
    private func literal(_ name: String, _ value: String, first: UInt8 = 0) -> [UInt8] {
        [first] + string(name) + string(value)
    }

    private func string(_ text: String) -> [UInt8] {
        guard text.utf8.count >= 127 else { return [UInt8(text.utf8.count)] + Array(text.utf8) }
        var rest = text.utf8.count - 127
        var length: [UInt8] = [127]
        while rest >= 128 {
            length.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return length + [UInt8(rest)] + Array(text.utf8)
    }

    private func text(_ head: [UInt8]) -> String {
        String(decoding: HTTP2Head.text(of: head.span).bytes, as: UTF8.self)
    }

    private func read(_ head: [UInt8]) -> (tags: [String], loss: TagLoss?) {
        let found = HeadReader(.standard).tags(in: head.span)
        return (found.tags.map(\.description), found.loss)
    }

    /// `:status: 200`, then the tags.
    private var block: [UInt8] { [0x88] + literal("cache-tag", "a,b") + literal("x-other", "c") }

    // MARK: The block

    @Test(arguments: [
        // RFC 7541 appendix C.2: literals with and without indexing, never indexed, and an indexed field.
        ("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key: custom-header\r\n\r\n"),
        ("040c 2f73 616d 706c 652f 7061 7468", "\r\n"),
        ("1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret\r\n\r\n"),
        ("82", "\r\n"),
        // C.5.1: the first response, without Huffman.
        (
            """
            4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120
            474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
            """,
            """
            cache-control: private\r\ndate: Mon, 21 Oct 2013 20:13:21 GMT\r\nlocation: https://www.example.com\r\n\r\n
            """
        ),
        // C.6.1: the same with Huffman.
        (
            """
            4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718
            63c7 8f0b 97c8 e9ae 82ae 43d3
            """,
            """
            cache-control: private\r\ndate: Mon, 21 Oct 2013 20:13:21 GMT\r\nlocation: https://www.example.com\r\n\r\n
            """
        ),
        // A table size update first, as an encoder sends it that was told to keep no table.
        ("20 88 0009 6361 6368 652d 7461 6703 612c 62", "cache-tag: a,b\r\n\r\n"),
        // What the block itself has added may be referred to.
        ("4001 7801 61 be", "x: a\r\nx: a\r\n\r\n"),
    ])
    func `the examples of the standard are decoded`(hex: String, expected: String) {
        #expect(text(frame(1, 4, bytes(hex))) == expected)
    }

    @Test(arguments: [
        // C.5.2 refers to fields that the response before it has added.
        "4803 3330 37c1 c0bf", "be", "80", "ff", "0001", "0001 78", "0001 7805 61", "3f ff ff 7f",
        "4085 ffff ffff ff 0161",
        // A line feed within a value, and within a name.
        "0001 7803 610a 62", "0003 610a 6201 61", "0003 613a 6201 61",
    ])
    func `a block that cannot be decoded by itself is told`(hex: String) {
        let found = read(frame(1, 4, bytes(hex)))
        #expect(found.tags.isEmpty)
        #expect(found.loss?.head == .damagedHTTP2)
    }

    // MARK: Frames

    @Test func `frames of the connection may come first`() {
        let settings = frame(4, 0, [0, 3, 0, 0, 0, 100], stream: 0)
        let acknowledged = frame(4, 1, [], stream: 0)
        let window = frame(8, 0, [0, 0, 0xff, 0xff], stream: 0)
        for before in [
            [], acknowledged, settings + acknowledged + window, window + frame(6, 0, .init(1...8), stream: 0),
        ] {
            let found = read(before + frame(1, 4, block))
            #expect(found.tags == ["a", "b"])
            #expect(found.loss == nil)
        }
    }

    @Test func `padding, priority and continuations are taken away`() {
        let padded = [5] + block + [UInt8](repeating: 0, count: 5)
        let priority: [UInt8] = [0x80, 0, 0, 3, 200]
        #expect(read(frame(1, 4 | 8, padded)).tags == ["a", "b"])
        #expect(read(frame(1, 4 | 0x20, priority + block)).tags == ["a", "b"])
        #expect(read(frame(1, 4 | 8 | 0x20 | 1, [2] + priority + block + [0, 0])).tags == ["a", "b"])
        // nginx has read the block, and not the padding yet.
        #expect(read(frame(1, 4 | 8, padded).dropLast(5)).tags == ["a", "b"])
        for cut in 0...block.count {
            let (before, after) = (Array(block.prefix(cut)), Array(block.dropFirst(cut)))
            for second in 0...after.count {
                let head =
                    frame(1, 0x20, priority + before) + frame(9, 0, Array(after.prefix(second)))
                    + frame(9, 4, Array(after.dropFirst(second)))
                let found = read(head)
                #expect(found.tags == ["a", "b"], "cut at \(cut) and \(second)")
                #expect(found.loss == nil)
            }
        }
    }

    @Test func `a long tag header over several frames is whole`() {
        let names = (0..<6_000).map { "node-\($0)" }
        let block = [0x88] + literal("x-cache-tags", names.joined(separator: ","))
        var head = frame(1, 0, Array(block.prefix(16_384)))
        var rest = block.dropFirst(16_384)
        while !rest.isEmpty {
            head += frame(9, rest.count <= 16_384 ? 4 : 0, Array(rest.prefix(16_384)))
            rest = rest.dropFirst(16_384)
        }
        #expect(read(head).tags == names)
    }

    @Test func `frames that are none, or end before the block does, are told`() {
        let whole =
            frame(4, 1, [], stream: 0) + frame(1, 0, Array(block.prefix(4))) + frame(9, 4, Array(block.dropFirst(4)))
        #expect(read(whole).loss == nil)
        for count in 1..<whole.count { #expect(read(Array(whole.prefix(count))).loss?.head == .incomplete, "\(count)") }
        // A continuation of nothing, a second block before the first has ended, more padding than there is.
        #expect(read(frame(9, 4, block)).loss?.head == .damagedHTTP2)
        #expect(read(frame(1, 0, block) + frame(1, 4, block)).loss?.head == .damagedHTTP2)
        #expect(read(frame(1, 4 | 8, [200] + block)).loss?.head == .damagedHTTP2)
    }
}
