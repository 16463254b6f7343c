import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import EdgeAgent

/// The ask socket's requests, as strangers write them: what is read does not depend on how it arrives, and is what
/// another reader of HTTP makes of the same bytes.
@Suite(.offPool) struct AskRequestFuzzTests {
    private static let names = [
        "Host", "X-Original-URI", "X-Original-Method", "X-Edge-Purge-Told", "X-Edge-Purge-Wait", "Connection", "Accept",
    ]

    private static func request(_ random: inout SeededGenerator) -> [UInt8] {
        let key = random.bytes(upTo: random.pick([0, 30, 300]))
        var lines = [random.pick(["GET / HTTP/1.1", "POST /a?b=1 HTTP/1.1", "GET / HTTP/1.0"])]
        for _ in 0..<random.number(0...5) {
            let name = random.pick(names)
            let value = random.text(upTo: 12, of: "aZ09/?&%: ;\t-é")
            lines.append(
                random.pick([name, name.lowercased(), name.uppercased()]) + random.pick([":", ": ", ": \t"])
                    + random.pick([value, "GET", "close", "keep-alive", "1"]) + random.pick(["", " "]))
        }
        if !key.isEmpty || random.once(in: 2) {
            lines.insert("Content-Length: \(key.count)", at: random.number(1...lines.count))
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + key
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let pieces = [
            "\r", "\n", "\r\n", " ", ":", "\0", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "9",
        ]
        for _ in 0..<random.number(1...4) {
            let place = random.number(0...bytes.count)
            switch random.number(0...2) {
            case 0: bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: place)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.number(0...20)))
            default: if place < bytes.count { bytes[place] = UInt8(random.number(0...255)) }
            }
        }
    }

    /// What is read of bytes that come in pieces, and whether that ended with an error.
    private static func read(_ bytes: [UInt8], _ pieceMax: Int, _ random: inout SeededGenerator) -> ([AskRequest], Bool)
    {
        var (reader, rest, requests) = (AskRequestReader(), bytes[...], [AskRequest]())
        do {
            while !rest.isEmpty {
                let piece = rest.prefix(random.number(1...pieceMax))
                rest = rest.dropFirst(piece.count)
                reader.add(ByteBuffer(bytes: piece))
                while let request = try reader.next() { requests.append(request) }
            }
        } catch { return (requests, true) }
        return (requests, false)
    }

    /// The bodies and some fields of what NIO reads of the same bytes.
    private static func reference(_ bytes: [UInt8]) throws -> [AskRequest] {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        var requests: [AskRequest] = []
        var request = AskRequest()
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                request = AskRequest()
                request.wasTold = head.headers.contains(name: "X-Edge-Purge-Told")
                request.canWait = head.headers.contains(name: "X-Edge-Purge-Wait")
            case .body(let bytes): request.cacheKey += bytes.readableBytesView
            case .end: requests.append(request)
            }
        }
        return requests
    }

    @Test func `requests are read alike however they arrive`() {
        Fuzz.run(3000) { random in
            var bytes: [UInt8] = []
            for _ in 0..<random.number(1...4) { bytes += Self.request(&random) }
            if random.once(in: 2) { Self.damage(&bytes, &random) }
            let whole = Self.read(bytes, .max - 1, &random)
            let pieces = Self.read(bytes, random.pick([1, 3, 50]), &random)
            try Fuzz.check(whole == pieces, "\(bytes)\nis\n\(whole)\nand in pieces\n\(pieces)")
        }
    }

    @Test func `what is read is what another reader makes of it`() {
        Fuzz.run(3000) { random in
            var bytes = Self.request(&random)
            let isDamaged = random.once(in: 2)
            if isDamaged { Self.damage(&bytes, &random) }
            let found = Self.read(bytes, .max - 1, &random).0.first.map {
                AskRequest(cacheKey: $0.cacheKey, wasTold: $0.wasTold, canWait: $0.canWait)
            }
            let other = try Self.reference(bytes).first
            // What one of them refuses they do not read differently.
            if isDamaged, found == nil || other == nil { return }
            let text = String(decoding: bytes, as: UTF8.self)
            try Fuzz.check(found != nil && found == other, "\(text)\nis\n\(found as Any)\nnot\n\(other as Any)")
        }
    }
}
