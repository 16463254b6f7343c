import HTTPTypes
import HummingbirdTesting
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// `POST /v1/purges`.
@Suite(.timeLimit(.minutes(1))) struct PurgeOrderTests {
    private static let id = "0123456789abcdef0123456789abcdef"

    private func api() throws -> TestAPI {
        let api = try TestAPI()
        api.becomeReady()
        return api
    }

    @Test func `all options reach the event, and the answer says how it stands`() async throws {
        let api = try api()
        try await api.run { client async throws in
            let answer = try await client.ask(
                .post, "/v1/purges",
                """
                {"zone": "Example.com", "mode": "invalidate", "reason": "price of 42 changed",
                 "id": "\(Self.id.uppercased())",
                 "selectors": {"urls": ["https://example.com/a"], "tags": ["T", "t"], "hosts": ["example.com"],
                               "prefixes": ["example.com/x"]}}
                """)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["id"] as? String == Self.id && answer.json["state"] as? String == "pending")
            #expect(answer.json["mode"] as? String == "invalidate")
            #expect(answer.json["reason"] as? String == "price of 42 changed")
            let everything = try await client.ask(
                .post, "/v1/purges", #"{"zone":"\#(Samples.zoneID)","selectors":{"everything":true}}"#)
            #expect(everything.status == 200)
        }
        let event = try #require(api.producer.events.first)
        #expect(event.mode == .invalidate && event.reason == "price of 42 changed" && event.source == "api")
        #expect(event.selectors.tags.map(\.description) == ["t"] && event.selectors.urls.count == 1)
        #expect(api.producer.events.last?.selectors.everything == true)
        #expect(api.producer.events.last?.mode == .delete)
    }

    @Test func `a wait is answered by the confirmation`() async throws {
        let api = try api()
        try await api.run { client async throws in
            async let waiting = client.ask(
                .post, "/v1/purges?wait=5m", #"{"zone":"example.com","selectors":{"tags":["a"]}}"#)
            try await eventually("it is waited for") { api.ledger.waiterCount > 0 }
            api.ledger.update { state, now in
                state.receive(Samples.acknowledgement("edge-1", applied: [0: 1]), now: now)
            }
            #expect(try await waiting.json["state"] as? String == "confirmed")
        }
    }

    @Test func `the same id again is the same purge, and with other content an error`() async throws {
        let api = try api()
        let body = { @Sendable (tag: String, extra: String) in
            #"{"zone":"example.com","id":"\#(Self.id)","selectors":{"tags":["\#(tag)"]}\#(extra)}"#
        }
        try await api.run { client async throws in
            for _ in 0..<3 {
                let answer = try await client.ask(.post, "/v1/purges", body("a", ""))
                #expect(answer.status == 200 && answer.json["id"] as? String == Self.id)
            }
            #expect(try await client.ask(.post, "/v1/purges", body("A", #","reason":"again""#)).status == 200)
            for other in [
                body("b", ""), body("a", #","mode":"invalidate""#),
                #"{"zone":"other.org","id":"\#(Self.id)","selectors":{"tags":["a"]}}"#,
            ] {
                let answer = try await client.ask(.post, "/v1/purges", other)
                #expect(answer.status == 422 && answer.code == "id_used", "\(answer.text)")
            }
        }
        #expect(api.producer.events.count == 1)
    }

    @Test func `many requests with one id at once are one purge`() async throws {
        let api = try api()
        let body = #"{"zone":"example.com","id":"\#(Self.id)","selectors":{"tags":["a"]}}"#
        try await api.run { client async throws in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await client.ask(.post, "/v1/purges", body).status }
                }
                for try await status in group { #expect(status == 200 || status == 503) }
            }
            #expect(try await client.ask(.post, "/v1/purges", body).status == 200)
        }
        #expect(api.producer.events.count == 1)
    }

    @Test func `an id cannot be judged while the purges are still being read`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let answer = try await client.ask(
                .post, "/v1/purges", #"{"zone":"example.com","id":"\#(Self.id)","selectors":{"tags":["a"]}}"#)
            #expect(answer.status == 503 && answer.code == "starting" && answer.headers[.retryAfter] == "1")
        }
        #expect(api.producer.events.isEmpty)
    }

    @Test func `after Kafka failed the same id is tried again`() async throws {
        let api = try api()
        let body = #"{"zone":"example.com","id":"\#(Self.id)","selectors":{"tags":["a"]}}"#
        try await api.run { client async throws in
            for (outcome, code) in [
                (PurgeProducerError.Outcome.notStored, "unavailable"), (.unknown, "outcome_unknown"),
            ] {
                api.producer.fail(with: PurgeProducerError(outcome: outcome, message: "no broker"))
                let answer = try await client.ask(.post, "/v1/purges", body)
                #expect(answer.status == 503 && answer.code == code && answer.headers[.retryAfter] == "1")
            }
            api.producer.fail(with: nil)
            #expect(try await client.ask(.post, "/v1/purges", body).status == 200)
        }
        #expect(api.producer.events.count == 1)
    }

    /// A body that must be refused.
    struct Refused: Sendable, CustomTestStringConvertible {
        var body: String
        var status = 400
        var code = "bad_request"
        var says: String
        var testDescription: String { body }
    }

    private static func selecting(_ selectors: String, _ more: String = "") -> String {
        #"{"zone":"example.com","selectors":\#(selectors)\#(more)}"#
    }

    static let refused = [
        Refused(body: "", says: "empty"),
        Refused(body: "nonsense", says: "not JSON"),
        Refused(body: "[]", says: "the body"),
        Refused(body: "{}", says: "'zone' is missing"),
        Refused(body: #"{"zone":"example.com"}"#, says: "'selectors' is missing"),
        Refused(body: #"{"zone":5,"selectors":{}}"#, says: "'zone' has the wrong type"),
        Refused(body: selecting("{}"), says: "everything"),
        Refused(body: selecting(#"{"tags":[]}"#), says: "'selectors.tags' is empty"),
        Refused(body: selecting(#"{"tags":"a"}"#), says: "'selectors.tags' has the wrong type"),
        Refused(body: selecting(#"{"tags":["a",5]}"#), says: "selectors.tags[1]"),
        Refused(body: selecting(#"{"tag":["a"]}"#), says: "'tag' is not known"),
        Refused(body: selecting(#"{"tags":["a"]}"#, #","mod":"invalidate""#), says: "'mod' is not known"),
        Refused(body: selecting(#"{"tags":["a"]}"#, #","mode":"soft""#), says: "delete or invalidate"),
        Refused(body: selecting(#"{"tags":["a"]}"#, #","id":"7""#), code: "bad_id", says: "32"),
        Refused(
            body: selecting(#"{"tags":["a"]}"#, #","reason":"\#(String(repeating: "x", count: 501))""#),
            says: "'reason'"),
        Refused(body: selecting(#"{"tags":["a"]}"#, #","reason":"a\nb""#), says: "'reason'"),
        Refused(body: selecting(#"{"everything":false}"#), says: "true"),
        Refused(body: selecting(#"{"everything":true,"tags":["a"]}"#), says: "alone"),
        Refused(
            body: selecting(Samples.list("tags", (0...100).map { "t\($0)" })), code: "too_many", says: "100"),
        Refused(body: selecting(#"{"tags":["a b"]}"#), code: "bad_selector", says: "tag"),
        Refused(body: selecting(#"{"hosts":["other.org"]}"#), code: "other_zone", says: "other.org"),
        Refused(
            body: #"{"zone":"nothing.example","selectors":{"tags":["a"]}}"#, status: 404, code: "unknown_zone",
            says: "nothing.example"),
        Refused(
            body: selecting(#"{"tags":["\#(String(repeating: "x", count: 2 << 20))"]}"#), status: 413,
            code: "too_large", says: "1048576"),
    ]

    @Test(arguments: refused) func `is refused with the reason, and nothing is produced`(
        _ refused: Refused
    ) async throws {
        let api = try api()
        try await api.run { client async throws in
            let answer = try await client.ask(.post, "/v1/purges", refused.body)
            #expect(answer.status == refused.status && answer.code == refused.code, "\(answer.text)")
            #expect(answer.message.contains(refused.says), "\(answer.message)")
        }
        #expect(api.producer.events.isEmpty)
    }

    /// Attack C25: a compressed body was "Malformed JSON".
    @Test func `a compressed body is refused as what it is, in both dialects`() async throws {
        let api = try api()
        try await api.run { client async throws in
            for path in ["/v1/purges", "/client/v4/zones/\(Samples.zoneID)/purge_cache"] {
                let answer = try await client.ask(.post, path, "\u{1f}", headers: [.contentEncoding: "gzip"])
                #expect(answer.status == 415, "\(answer.text)")
                #expect(answer.message.contains("'gzip'"), "\(answer.text)")
            }
        }
        #expect(api.producer.events.isEmpty)
    }

    @Test func `a token purges its own zones only, and does not learn of others`() async throws {
        let tokens = TestTokens()
        let api = try TestAPI(tokens: tokens.records)
        api.becomeReady()
        try await api.run { client async throws in
            for (zone, name, status) in [
                ("example.com", "deploy", 200), ("other.org", "deploy", 404), ("other.org", "everywhere", 200),
                ("other.org", "operator", 200), ("example.com", "reader", 403),
            ] {
                let answer = try await client.ask(
                    .post, "/v1/purges", #"{"zone":"\#(zone)","selectors":{"everything":true}}"#,
                    headers: tokens.headers(name))
                #expect(answer.status == status, "\(zone) \(name): \(answer.text)")
            }
        }
        #expect(api.producer.events.map(\.source) == ["api/deploy", "api/everywhere", "api/operator"])
    }
}
