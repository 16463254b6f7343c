import NIOCore
import NIOHPACK
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Heads of stored responses: the same fields in each protocol, as odd as it allows, and damaged ones.
@Suite(.offPool) struct HeadFuzzTests {
    private let reader = HeadReader(.standard)

    private func fields(_ random: inout SeededGenerator) -> [(name: String, value: String)] {
        let names = CacheTagHeaders.standard.headers.map(\.name) + ["Date", "X-Other", "Set-Cookie", "Cache-Control"]
        return (0..<random.number(0...8)).map { _ in
            (random.pick(names), random.text(upTo: random.once(in: 20) ? 9_000 : 30, of: "abcXYZ019-_:,, \"\\\u{e9}"))
        }
    }

    private func lines(_ fields: [(name: String, value: String)], _ random: inout SeededGenerator) -> [UInt8] {
        let end = random.pick(["\r\n", "\n"])
        return Array((fields.map { "\($0.name): \($0.value)\(end)" }.joined() + end).utf8)
    }

    private func frame(_ type: UInt8, _ flags: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags, 0, 0, 0, 1]
            + payload
    }

    private func http2(_ fields: [(name: String, value: String)], _ random: inout SeededGenerator) throws -> [UInt8] {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator(), useHuffmanEncoding: random.once(in: 2))
        var buffer = ByteBuffer()
        var headers = HPACKHeaders()
        headers.add(name: ":status", value: "200")
        for (name, value) in fields {
            headers.add(
                name: name.lowercased(), value: value,
                indexing: random.pick([.indexable, .nonIndexable, .neverIndexed]))
        }
        try encoder.encode(headers: headers, to: &buffer)
        var rest = Array(buffer.readableBytesView)[...]
        var head = random.once(in: 2) ? frame(4, 1, []) : []
        if random.once(in: 3) { head += frame(UInt8(random.pick([4, 6, 8, 200])), 0, random.bytes(upTo: 20)) }
        var type: UInt8 = 1
        repeat {
            let piece = Array(rest.prefix(random.once(in: 2) ? rest.count : random.number(0...rest.count)))
            rest = rest.dropFirst(piece.count)
            var (flags, payload) = (UInt8(rest.isEmpty ? 4 : 0), piece)
            if type == 1, random.once(in: 3) {
                flags |= 0x20
                payload = [0, 0, 0, 0, 9] + payload
            }
            if type == 1, random.once(in: 3) {
                let padding = random.number(0...9)
                flags |= 8
                payload = [UInt8(padding)] + payload + [UInt8](repeating: 0, count: padding)
            }
            head += frame(type, flags, payload)
            type = 9
        } while !rest.isEmpty
        return head
    }

    @Test func `the same fields have the same tags in every protocol`() {
        Fuzz.run(2_000) { random in
            let fields = fields(&random)
            let lines = lines(fields, &random)
            let expected = reader.tags(in: lines.span)
            let status = reader.tags(in: (Array("HTTP/1.1 200 OK\r\n".utf8) + lines).span)
            try Fuzz.check(expected == status, "with a status line")
            let records = FastCGIRecords.cut(lines, sizeMax: random.pick([1, 3, 50, 8_184]), &random)
            try Fuzz.check(reader.tags(in: records.span) == expected, "FastCGI: \(fields)")
            let frames = try http2(fields, &random)
            try Fuzz.check(reader.tags(in: frames.span) == expected, "HTTP/2: \(fields)")
        }
    }

    @Test func `whatever a head holds, tags are tags, and one that is not whole is told`() {
        Fuzz.run(5_000) { random in
            let fields = fields(&random)
            let lines = lines(fields, &random)
            var head: [UInt8]
            let kind = random.number(0...3)
            switch kind {
            case 0: head = lines
            case 1: head = FastCGIRecords.cut(lines, sizeMax: 50, &random)
            case 2: head = try http2(fields, &random)
            default: head = [random.pick([0, 1, 0x48])] + random.bytes(upTo: 200)
            }
            let whole = head
            for _ in 0..<random.number(0...3) where !head.isEmpty {
                switch random.number(0...2) {
                case 0: head[random.number(0...head.count - 1)] = UInt8(random.number(0...255))
                case 1: head.removeLast(random.number(0...head.count))
                default: head.insert(contentsOf: random.bytes(upTo: 9), at: random.number(0...head.count))
                }
            }
            let found = reader.tags(in: head.span)
            try Fuzz.check(
                found.tags.allSatisfy { (try? CacheTag(validating: $0.bytes)) != nil }, "no tag among \(found.tags)")
            // The end of a head is its last byte, but for padding of HTTP/2.
            if kind < 2, head.count < whole.count, !head.isEmpty, whole.starts(with: head) {
                try Fuzz.check(found.loss?.head != nil, "\(head.count) of \(whole.count) bytes were taken for a head")
            }
        }
    }
}

private func == (left: (tags: [CacheTag], loss: TagLoss?), right: (tags: [CacheTag], loss: TagLoss?)) -> Bool {
    left.tags == right.tags && left.loss == right.loss
}
