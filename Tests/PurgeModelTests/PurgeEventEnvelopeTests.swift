import FoundationEssentials
import PurgeModel
import Testing

@Suite struct PurgeEventEnvelopeTests {
    private func decode(_ json: String, headers: [String: String] = [:]) throws(PurgeEventError) -> PurgeEvent {
        try PurgeEventCodec.decode(
            value: Array(json.utf8), headers: headers.map { ($0.key, Array($0.value.utf8)) }, key: Array("key".utf8))
    }

    private func code(_ json: String, headers: [String: String] = [:]) -> PurgeEventError.Code? {
        do throws(PurgeEventError) {
            _ = try decode(json, headers: headers)
            return nil
        } catch {
            return error.code
        }
    }

    private static let own =
        #"{"id":"00000000000000000000000000000001","zone":"z","selectors":{"hosts":["a.com"]},"# + time
    private static let time = #""accepted_at":"2026-11-21T09:30:00Z"}"#

    @Test func `structured mode is known by header and by body`() throws {
        let json = String(decoding: try Golden.bytes("cloudevent-structured.json"), as: UTF8.self)
        for headers in [[:], ["Content-Type": "application/CloudEvents+json; charset=UTF-8"]] {
            let event = try decode(json, headers: headers)
            #expect(event.id == PurgeID(derivedFrom: "change-4711-3", source: "//shop.example.com/catalogue"))
            #expect(event.zone == "example")
            #expect(event.acceptedAt.description == "2026-11-21T09:30:00.500Z")
            #expect(event.source == "//shop.example.com/catalogue")
            #expect(event.mode == .invalidate)
            #expect(event.selectors.tags.map(\.description) == ["product-4711"])
        }
    }

    @Test func `binary mode has its attributes in headers`() throws {
        struct File: Decodable {
            var headers: [String: String]
        }
        let bytes = try Golden.bytes("cloudevent-binary.json")
        let headers = try JSONDecoder().decode(File.self, from: Data(bytes)).headers
        let event = try decode(#"{"selectors":{"urls":["https://www.example.com/product/4711"]}}"#, headers: headers)
        #expect(event.id.description == "550e8400e29b41d4a716446655440000")
        #expect(event.zone == "example")
        #expect(event.source == "//shop.example.com/catalogue")
        #expect(event.acceptedAt.description == "2026-11-21T09:30:00.000Z")
    }

    @Test func `what the data says wins over the envelope`() throws {
        let headers = [
            "ce_specversion": "1.0", "ce_id": "x", "ce_source": "s", "ce_time": "2020-01-01T00:00:00Z",
            "ce_subject": "t",
        ]
        let event = try decode(Self.own, headers: headers)
        #expect(event.id.description == "00000000000000000000000000000001")
        #expect(event.zone == "z")
        #expect(event.acceptedAt.description == "2026-11-21T09:30:00.000Z")
        #expect(event.source == "s")
    }

    @Test func `data may be in Base64, or a resource change`() throws {
        let base64 = Data(Self.own.utf8).base64EncodedString()
        #expect(
            try decode(#"{"specversion":"1.0","id":"i","source":"s","type":"t","data_base64":"\#(base64)"}"#).zone
                == "z")
        let change = String(decoding: try Golden.bytes("resource-change.json"), as: UTF8.self)
        let wrapped = try decode(#"{"specversion":"1.0","id":"i","source":"s","type":"t","data":\#(change)}"#)
        #expect(wrapped.zone == "en.wikipedia.org")
    }

    @Test(arguments: [
        (#"{"specversion":"0.3","id":"i","data":{}}"#, PurgeEventError.Code.unsupportedFormat),
        (#"{"specversion":1.0,"id":"i","data":{}}"#, .invalidField),
        (#"{"specversion":"1.0","id":"i"}"#, .missingField),
        (#"{"specversion":"1.0","id":"i","data":null}"#, .missingField),
        (#"{"specversion":"1.0","id":"i","data":"x"}"#, .invalidField),
        (#"{"specversion":"1.0","data":[]}"#, .invalidField),
        (#"{"specversion":"1.0","data_base64":"%"}"#, .invalidField),
        (#"{"specversion":"1.0","data_base64":"e30="}"#, .missingField),
        (#"{"specversion":"1.0","data":{"specversion":"1.0","data":{}}}"#, .unsupportedFormat),
        (
            #"{"specversion":"1.0","id":"","time":"2026-01-01T00:00:00Z","data":{"selectors":{"hosts":["a"]}}}"#,
            .invalidField
        ),
        (#"{"specversion":"1.0","id":"i","source":"s","data":{"selectors":{"hosts":["a"]}}}"#, .missingField),
    ])
    func `broken envelopes are refused`(json: String, wanted: PurgeEventError.Code) {
        #expect(code(json) == wanted)
    }

    @Test func `headers that promise a CloudEvent are held to it`() {
        #expect(code(Self.own, headers: ["content-type": "application/cloudevents+json"]) == .missingField)
        #expect(code("[]", headers: ["content-type": "application/cloudevents-batch+json"]) == .invalidField)
        #expect(code(Self.own, headers: ["ce_specversion": "2.0"]) == .unsupportedFormat)
        #expect(code(#"{"specversion":"1.0","data":{}}"#, headers: ["ce_specversion": "1.0"]) == .unsupportedFormat)
        #expect(code(Self.own, headers: ["content-type": "text/plain", "other": ""]) == nil)
    }

    @Test func `headers without value or with any bytes do no harm`() throws {
        let headers: Headers = [
            ("ce_specversion", nil), ("content-type", nil), ("", []), ("x", [0xFF]), ("content-type", [0xFF, 0x3B]),
        ]
        #expect(try PurgeEventCodec.decode(value: Array(Self.own.utf8), headers: headers, key: nil).zone == "z")
    }

    @Test func `a resource change is the purge of one URL`() throws {
        let event = try PurgeEventCodec.decode(value: try Golden.bytes("resource-change.json"), headers: [], key: nil)
        #expect(event.id.description == "b668d49176d941318111e7a9e092d540")
        #expect(event.zone == "en.wikipedia.org")
        #expect(event.source == "resource-purge")
        #expect(event.acceptedAt.description == "2021-11-06T13:57:01.000Z")
        #expect(
            event.selectors.urls.map(\.description) == ["https://en.wikipedia.org/wiki/Cache_(computing)?action=raw"])
        // Its tags say why, and are no cache tags.
        #expect(event.selectors.keyCount == 1)
        #expect(event.scope.isEmpty)
    }

    @Test func `a resource change may name its URL in parts and itself not at all`() throws {
        func change(_ meta: String) -> String {
            #"{"$schema":"/resource_change/1.0.0","meta":{\#(meta),"stream":"s"}}"#
        }
        let time = #""dt":"2021-11-06T13:57:01Z""#
        let parts = try decode(change(#""uri":"/wiki/A","domain":"en.wikipedia.org",\#(time)"#))
        #expect(parts.selectors.urls.map(\.description) == ["https://en.wikipedia.org/wiki/A"])
        let again = try decode(change(#""uri":"/wiki/A","domain":"en.wikipedia.org",\#(time)"#))
        #expect(parts.id == again.id)
        let relative = try decode(change(#""uri":"//b.org/A",\#(time)"#))
        #expect(relative.zone == "b.org")
        #expect(relative.id != parts.id)
        #expect(code(change(#""uri":"wiki/A",\#(time)"#)) == .invalidURL)
        #expect(code(change(time)) == .missingField)
        #expect(code(change(#""uri":"http://a.b/""#)) == .missingField)
        #expect(code(#"{"$schema":"/resource_change/1.0.0"}"#) == .missingField)
        #expect(code(#"{"$schema":"/resource_change/1.0.0","meta":[]}"#) == .invalidField)
        #expect(code(#"{"$schema":"/resource_change/1.0.0","meta":null}"#) == .missingField)
        #expect(code(#"{"$schema":"/mediawiki/page/1.0.0","meta":{}}"#) == .missingField)
    }
}
