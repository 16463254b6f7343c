import FoundationEssentials
import PurgeModel
import TestSupport
import Testing

typealias Headers = [(name: String, value: [UInt8]?)]

@Suite struct PurgeEventCodecTests {
    private func decode(_ json: String, headers: Headers = [], key: String? = nil) throws(PurgeEventError) -> PurgeEvent
    {
        try PurgeEventCodec.decode(value: Array(json.utf8), headers: headers, key: key.map { Array($0.utf8) })
    }

    private func code(_ json: String, headers: Headers = [], key: String? = "z") -> PurgeEventError.Code? {
        do throws(PurgeEventError) {
            _ = try decode(json, headers: headers, key: key)
            return nil
        } catch {
            #expect(!error.message.isEmpty && error.message.utf8.count < 1000)
            return error.code
        }
    }

    /// A good event with some members added or replaced (later ones of one name would be refused, so they are given
    /// apart).
    private func event(
        id: String = #""00000000000000000000000000000001""#, scope: String = #"["a.com","*.a.com"]"#,
        selectors: String = #"{"tags":["x"]}"#, time: String = #""2026-11-21T09:30:00Z""#, more: String = ""
    ) -> String {
        #"{"id":\#(id),"scope":\#(scope),"selectors":\#(selectors),"accepted_at":\#(time)\#(more)}"#
    }

    @Test func `the golden event is read and written byte for byte`() throws {
        for name in ["purge-event.json", "event-everything.json"] {
            let bytes = try Golden.bytes(name)
            let event = try PurgeEventCodec.decode(value: bytes, headers: [], key: nil)
            #expect(
                String(decoding: PurgeEventCodec.encode(event), as: UTF8.self) == String(decoding: bytes, as: UTF8.self)
            )
        }
        let event = try PurgeEventCodec.decode(value: try Golden.bytes("purge-event.json"), headers: [], key: nil)
        #expect(event.id.description == "023e105f4ecef8ad9ca31a8372d0c353")
        #expect(event.zone == "example")
        #expect(event.scope.patterns.map(\.description) == ["example.com", "*.example.com"])
        #expect(event.selectors.keyCount == 6)
        #expect(event.selectors.tags.map(\.description) == ["product-4711", "price"])
        #expect(event.mode == .delete)
        #expect(event.acceptedAt.milliseconds == 1_795_253_400_123)
        #expect(event.source == "api")
        #expect(event.reason == "price of 4711 changed")
    }

    @Test func `defaults are delete, kafka and the key`() throws {
        let event = try decode(event(), key: "shop")
        #expect(event.mode == .delete)
        #expect(event.source == "kafka")
        #expect(event.zone == "shop")
        #expect(event.reason == nil)
    }

    @Test func `ids and times as other libraries write them are taken`() throws {
        let event = try decode(
            event(id: #""023E105F-4ECE-F8AD-9CA3-1A8372D0C353""#, time: #""2026-11-21T10:30:00+0100""#), key: "z")
        #expect(event.id.description == "023e105f4ecef8ad9ca31a8372d0c353")
        #expect(event.acceptedAt.description == "2026-11-21T09:30:00.000Z")
    }

    @Test func `the prefix of a schema registry is named`() throws {
        let bytes: [UInt8] = [0, 0, 0, 1, 2] + Array(event().utf8)
        let error = #expect(throws: PurgeEventError.self) {
            try PurgeEventCodec.decode(value: bytes, headers: [], key: Array("z".utf8))
        }
        #expect(error?.code == .unsupportedFormat && error?.message.contains("258") == true)
        #expect(error?.message.contains("schema registry") == true)
    }

    @Test func `fields that nobody knows, null ones and a byte order mark do no harm`() throws {
        _ = try decode(
            "\u{FEFF} " + event(more: #","x":{"x":[1e400,{"x":null}]},"data":5,"meta":5,"reason":null"#), key: "z")
        _ = try decode(event(selectors: #"{"tags":["x"],"urls":null,"everything":false}"#), key: "z")
        _ = try decode(event(scope: "[]", selectors: #"{"hosts":["a.com"]}"#), key: "z")
        _ = try decode(event(scope: "null", selectors: #"{"hosts":["a.com"]}"#), key: "z")
    }

    @Test(arguments: [
        (#"{"urls":["/a"]}"#, PurgeEventError.Code.invalidURL), (#"{"urls":["http://b.com/"]}"#, .outOfScope),
        (#"{"hosts":["b.com"]}"#, .outOfScope), (#"{"prefixes":["b.com/x"]}"#, .outOfScope),
        (#"{"tags":[""]}"#, .emptyTag),
        (#"{"tags":["a b"]}"#, .invalidTag), (#"{"hosts":["a_b..c"]}"#, .invalidHost),
        (#"{"prefixes":["a.com?x"]}"#, .invalidPrefix),
        (#"{"tags":[]}"#, .emptyList), (#"{"tags":["x"],"urls":[]}"#, .emptyList), ("{}", .emptySelectors),
        (#"{"tags":null}"#, .emptySelectors), (#"{"everything":false}"#, .everythingNotTrue),
        (#"{"everything":true,"tags":["x"]}"#, .everythingWithOthers), (#"{"everything":1}"#, .invalidField),
        (#"{"everything":"true"}"#, .invalidField), (#"{"tags":"x"}"#, .invalidField),
        (#"{"tags":[1]}"#, .invalidField),
        (#"{"tags":[null]}"#, .invalidField), (#"{"tags":{"a":"b"}}"#, .invalidField), ("[]", .invalidField),
        (#""tags""#, .invalidField), ("null", .missingField), (#"{"files":["http://a.com/"]}"#, .unknownSelector),
        (#"{"tags":["x"],"tag":null}"#, .unknownSelector), (#"{"tags":["x"],"Tags":["y"]}"#, .unknownSelector),
        (#"{"tags":["x"],"tags":["y"]}"#, .duplicateField), (#"{"tags":["x"],"t\u0061gs":["y"]}"#, .duplicateField),
    ])
    func `selectors that name nothing clearly are refused`(selectors: String, wanted: PurgeEventError.Code) {
        #expect(code(event(selectors: selectors)) == wanted)
    }

    @Test func `fields are named in messages`() {
        let error = #expect(throws: PurgeEventError.self) {
            try decode(event(selectors: #"{"tags":["x","a b"]}"#), key: "z")
        }
        #expect(error?.message.contains("selectors.tags[1]") == true)
        #expect(error?.message.contains("\"a b\"") == true)
        let typed = #expect(throws: PurgeEventError.self) {
            try decode(event(selectors: #"{"tags":["x",5]}"#), key: "z")
        }
        #expect(typed?.message.contains("selectors.tags") == true)
    }

    @Test func `missing and ill-typed fields are refused`() {
        #expect(code(event(id: "null")) == .missingField)
        #expect(code(event(id: "1")) == .invalidField)
        #expect(code(event(id: #""023e105f4ecef8ad9ca31a8372d0c35""#)) == .invalidField)
        #expect(code(event(time: "null")) == .missingField)
        #expect(code(event(time: #""yesterday""#)) == .invalidField)
        #expect(code(event(time: "1795253400123")) == .invalidField)
        #expect(code(event(more: #","mode":"soft""#)) == .invalidField)
        #expect(code(event(more: #","mode":1"#)) == .invalidField)
        #expect(code(event(more: #","source":[]"#)) == .invalidField)
        #expect(code(event(more: #","zone":"""#)) == .invalidField)
        #expect(code(event(more: #","zone":"a\n""#)) == .invalidField)
        #expect(code(event(), key: nil) == .missingField)
        #expect(code(event(), key: "") == .missingField)
        #expect(code(event(scope: #""a.com""#)) == .invalidField)
        #expect(code(event(scope: #"["a..com"]"#)) == .invalidHost)
        #expect(code(event(scope: "[]")) == .scopeRequired)
        #expect(code(event(scope: "null")) == .scopeRequired)
        #expect(code(event(scope: "null", selectors: #"{"everything":true}"#)) == .scopeRequired)
    }

    @Test func `a key that is not UTF-8 is no zone`() {
        let bytes = Array(event().utf8)
        let error = #expect(throws: PurgeEventError.self) {
            try PurgeEventCodec.decode(value: bytes, headers: [], key: [0xFF])
        }
        #expect(error?.code == .missingField)
    }

    @Test(arguments: [
        "", " ", "x", "{", "[]", "5", "null", "\"x\"", "{\"id\"}", "{}}", "}", "{\"a\":1,}", "{'a':1}",
        "{\"a\":\"\u{1}\"}",
        "{\"a\\ud800\":1}", "{\"\\x\":1}", #"{"id":"\ud800"}"#, "{\"a\":1} x", "{\u{0}}", "nan", "{\"a\":tru}", "\"",
    ])
    func `what is no JSON object is refused`(json: String) {
        let code = code(json)
        #expect(code == .invalidJSON || code == .invalidField || code == .missingField)
    }

    @Test func `the message as a whole is checked`() {
        func code(_ bytes: [UInt8]?) -> PurgeEventError.Code? {
            do throws(PurgeEventError) {
                _ = try PurgeEventCodec.decode(value: bytes, headers: [], key: nil)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(nil) == .tombstone)
        #expect(code([0x7B, 0xFF, 0x7D]) == .notUTF8)
        #expect(code([0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x7D]) == .notUTF8)
        // UTF-16, which the library would read.
        #expect(code(Array(event().utf8).flatMap { [$0, 0] }) == .invalidJSON)
        #expect(code(Array(event().utf8).flatMap { [0, $0] }) == .invalidJSON)
        let fits = event(more: ",\"zone\":\"z\",\"x\":\"")
        let padding = Limits.eventBytesMax - fits.utf8.count - 1
        let full = fits.dropLast() + String(repeating: "x", count: padding) + "\"}"
        #expect(code(Array(full.utf8)) == nil)
        #expect(code(Array((full + " ").utf8)) == .tooLarge)
    }

    @Test func `32 levels are read and 33 are not`() {
        func nested(_ levels: Int) -> String {
            event(more: ",\"x\":" + String(repeating: "[", count: levels) + String(repeating: "]", count: levels))
        }
        #expect(code(nested(31)) == nil)
        #expect(code(nested(32)) == .tooDeep)
        #expect(code(nested(500_000)) == .tooDeep)
        #expect(code(String(repeating: "{\"a\":", count: 100_000)) == .tooDeep)
        // Brackets in strings are no levels.
        #expect(code(event(more: ",\"x\":\"" + String(repeating: "[\\\"", count: 100) + "\"")) == nil)
    }

    @Test func `one field twice is refused, one name in two objects is not`() {
        #expect(code(event(more: #","mode":"delete","mode":"invalidate""#)) == .duplicateField)
        #expect(code(event(more: #","a":{"id":1,"b":["id",{"id":2}]},"b":[{"id":1},{"id":2}]"#)) == nil)
    }
}

@Suite struct PurgeEventRoundTripTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func `what is written reads back the same`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<500 {
            let event = try Self.randomEvent(&generator)
            let bytes = PurgeEventCodec.encode(event)
            let back = try PurgeEventCodec.decode(value: bytes, headers: [], key: nil)
            #expect(back == event, "seed \(seed) round \(round): \(String(decoding: bytes, as: UTF8.self))")
            #expect(PurgeEventCodec.encode(back) == bytes)
        }
    }

    static func randomEvent(_ generator: inout SeededGenerator) throws -> PurgeEvent {
        func some<Value>(_ make: (inout SeededGenerator) throws -> Value) rethrows -> [Value] {
            var values: [Value] = []
            for _ in 0..<Int.random(in: 0...3, using: &generator) { values.append(try make(&generator)) }
            return values
        }
        let number = { (generator: inout SeededGenerator) in Int.random(in: 0...9999, using: &generator) }
        let texts = ["", "/", "/a\"\\b/", "?q=é&r=\u{1F600}", "/انشاء", "/%zz", "/'</script>", "/a//../b"]
        var selectors = Selectors(
            urls: try some {
                try PurgeURL(validating: "https://h\(number(&$0)).com\(texts.randomElement(using: &$0) ?? "")")
            },
            tags: try some { try CacheTag(validating: "t\"\\/<'\(number(&$0))") },
            hosts: try some { try HostName(validating: "h\(number(&$0)).com") },
            prefixes: try some { try PathPrefix(validating: "h.com/é\\\"\(number(&$0))/") })
        if selectors.keyCount == 0 { selectors.everything = true }
        let zones = ["z", "zone with \"quotes\" and \\", "زون", "a/b"]
        return PurgeEvent(
            id: .random(using: &generator), zone: zones.randomElement(using: &generator) ?? "z", scope: .all,
            selectors: selectors,
            mode: PurgeMode.allCases.randomElement(using: &generator) ?? .delete,
            acceptedAt: Timestamp(milliseconds: Int64.random(in: Timestamp.range, using: &generator)),
            source: "s\u{1}\u{2028}/", reason: generator.once(in: 2) ? "because \u{0}\"" : nil)
    }
}
