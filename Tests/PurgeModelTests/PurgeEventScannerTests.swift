import FoundationEssentials
import TestSupport
import Testing

@testable import PurgeModel

/// The fast reader may refuse what it likes, but what it reads must be what the parser reads.
@Suite struct PurgeEventScannerTests {
    private static let plain =
        #"{"id":"00000000000000000000000000000001","scope":["a.com"],"selectors":{"tags":["x"]},"#
        + #""accepted_at":"2026-11-21T09:30:00Z"}"#

    private func result(
        _ draft: () throws(PurgeEventError) -> PurgeEventDraft?
    ) -> Result<PurgeEvent?, PurgeEventError> {
        Result { () throws(PurgeEventError) in try draft()?.event(key: Array("zone".utf8)) }
    }

    private func parsed(_ bytes: [UInt8]) throws(PurgeEventError) -> PurgeEventDraft? {
        let draft = try EventSource.read(bytes, headers: .none) { source throws(PurgeEventError) in
            try source.draft()
        }
        guard case .purge(let purge) = draft else { return nil }
        return purge
    }

    @Test(arguments: ["purge-event.json", "event-everything.json"])
    func `the golden events are read without the parser`(name: String) throws {
        // A URL of one of them has another character, which is the parser's.
        let bytes = try Golden.bytes(name).map { $0 < 0x80 ? $0 : UInt8(ascii: "e") }
        let draft = try #require(PurgeEventScanner.scan(bytes))
        #expect(result { draft } == result { () throws(PurgeEventError) in try parsed(bytes) })
    }

    @Test(arguments: [
        plain,
        // As Python writes it.
        plain.replacing(":", with: ": ").replacing(",", with: ", ").replacing("T09: 30: 00", with: "T09:30:00"),
        "\n\t" + plain.replacing("{", with: "{\n  ").replacing("[", with: "[ ").replacing("]", with: "\r\n ]") + " \n",
        plain.replacing(#"["a.com"]"#, with: "[]"),
        plain.replacing(#"{"tags":["x"]}"#, with: #"{"urls":["http://a.com/"],"everything":true}"#),
        plain.replacing("tags", with: "hosts")
            .replacing(#","accepted_at""#, with: #","source":"","reason":"","zone":"","mode":"","accepted_at""#),
    ])
    func `what most producers write is read without the parser`(text: String) throws {
        let draft = try #require(PurgeEventScanner.scan(Array(text.utf8)))
        #expect(result { draft } == result { () throws(PurgeEventError) in try parsed(Array(text.utf8)) })
    }

    @Test(arguments: [
        "", "{}x", plain + "x", "\u{FEFF}" + plain, plain.replacing("scope", with: "scopes"),
        plain.replacing("a.com", with: "\\u0061.com"), plain.replacing(#""x""#, with: "\"x\u{e9}\""),
        plain.replacing(#""x""#, with: #""x","#), plain.replacing(#"["x"]"#, with: "[]"),
        plain.replacing(#"["x"]"#, with: "null"), plain.replacing(#"["x"]"#, with: #"["x"],"tags":["y"]"#),
        plain.replacing(#"{"tags":["x"]}"#, with: #"{"everything":false}"#),
        plain.replacing("id", with: "specversion"), plain.replacing("id", with: "$schema"),
        plain.replacing(#""scope""#, with: #""order":{},"scope""#), "[\(plain)]",
    ])
    func `what is unusual is left to the parser`(text: String) {
        #expect(PurgeEventScanner.scan(Array(text.utf8)) == nil)
    }

    @Test func `headers of a CloudEvent leave it to the parser`() {
        let headers: Headers = [("content-type", Array("application/cloudevents+json; charset=utf-8".utf8))]
        #expect(throws: PurgeEventError.self) {
            try PurgeEventCodec.decode(value: Array(Self.plain.utf8), headers: headers, key: Array("z".utf8))
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `whatever it reads of changed events, the parser reads too`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let golden = try [
            Golden.bytes("purge-event.json"), Golden.bytes("event-everything.json"), Array(Self.plain.utf8),
        ]
        let splices = ["\"", "\\", ",", ":", "{", "}", "[", "]", " ", "\n", "null", "true", "\"tags\":[\"a\"],", "é"]
        var scanned = 0
        for _ in 0..<2_000 {
            var bytes = random.pick(golden)
            for _ in 0..<random.number(1...3) where !bytes.isEmpty {
                let place = random.number(0...bytes.count - 1)
                let end = min(bytes.count, place + random.number(0...8))
                switch random.number(0...3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.removeSubrange(place..<end)
                case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
                default: bytes.replaceSubrange(place..<end, with: random.pick(splices).utf8)
                }
            }
            guard let draft = PurgeEventScanner.scan(bytes) else { continue }
            scanned += 1
            let (found, expected) = (result { draft }, result { () throws(PurgeEventError) in try parsed(bytes) })
            check(found == expected, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(scanned > 100)
    }
}
