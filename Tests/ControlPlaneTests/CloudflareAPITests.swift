import Foundation
import HTTPTypes
import HummingbirdTesting
import PurgeModel
import Testing

@testable import ControlPlane

@Suite struct CloudflareAPITests {
    /// A body that must be refused, and how.
    struct Refused: Sendable, CustomTestStringConvertible {
        var name: String
        var body: String
        var status = 400
        var code: Int
        /// What the sentence must say.
        var says: String = ""

        var testDescription: String { name }
    }

    static let refused: [Refused] = [
        Refused(name: "not JSON", body: "tags=a", code: 6007),
        Refused(name: "nothing", body: "", code: 6007, says: "empty"),
        Refused(name: "half of JSON", body: #"{"tags":["a""#, code: 6007),
        Refused(name: "deep JSON", body: String(repeating: "[", count: 100_000), code: 6007),
        Refused(name: "a list", body: #"["a"]"#, code: 1012),
        Refused(name: "an empty object", body: "{}", code: 1012),
        Refused(name: "an unknown selector only", body: #"{"urls":["http://example.com/"]}"#, code: 1012),
        Refused(name: "a null selector only", body: #"{"tags":null}"#, code: 1012),
        Refused(name: "an empty list", body: #"{"tags":[]}"#, code: 1012, says: "\"tags\" is empty"),
        Refused(
            name: "an empty list beside another", body: #"{"tags":["a"],"hosts":[]}"#, code: 1012, says: "\"hosts\""),
        Refused(name: "everything is false", body: #"{"purge_everything":false}"#, code: 1013),
        Refused(name: "everything is a string", body: #"{"purge_everything":"true"}"#, code: 1013),
        Refused(name: "everything is a number", body: #"{"purge_everything":1}"#, code: 1013),
        Refused(name: "tags is a string", body: #"{"tags":"a"}"#, code: 1014, says: "\"tags\""),
        Refused(name: "files is an object", body: #"{"files":{"url":"http://example.com/"}}"#, code: 1014),
        Refused(name: "everything with tags", body: #"{"purge_everything":true,"tags":["a"]}"#, code: 1092),
        Refused(name: "everything with an empty list", body: #"{"purge_everything":true,"tags":[]}"#, code: 1092),
        // Attack: a list of 524,000 wrong entries took half a second; nothing is read behind the first.
        Refused(
            name: "files that are numbers", body: #"{"files":["http://a/",\#(String(repeating: "1,", count: 5000))1]}"#,
            code: 1012, says: "[1]"),
        Refused(name: "a file that is null", body: #"{"files":[null]}"#, code: 1012, says: "[0]"),
        Refused(name: "a tag that is a number", body: #"{"tags":["a",7]}"#, code: 1157, says: "[1]"),
        Refused(name: "an empty tag", body: #"{"tags":[""]}"#, code: 1155),
        Refused(name: "a tag with a space", body: #"{"tags":["a b"]}"#, code: 1155),
        Refused(name: "a tag with a comma", body: #"{"tags":["a,b"]}"#, code: 1155),
        Refused(name: "a tag that is not ASCII", body: #"{"tags":["ü"]}"#, code: 1155),
        Refused(
            name: "a tag of 1025 characters", body: #"{"tags":["\#(String(repeating: "x", count: 1025))"]}"#,
            code: 1100,
            says: "1024"),
        Refused(name: "101 tags", body: Samples.list("tags", (0...100).map { "t\($0)" }), code: 1101, says: "100"),
        Refused(name: "101 hosts", body: Samples.list("hosts", (0...100).map { "h\($0).example.com" }), code: 1111),
        Refused(
            name: "101 prefixes", body: Samples.list("prefixes", (0...100).map { "example.com/\($0)" }), code: 1156),
        Refused(
            name: "501 files", body: Samples.list("files", (0...500).map { "http://example.com/\($0)" }), code: 1094),
        Refused(
            name: "a file without a URL", body: #"{"files":["http://example.com/",{"headers":{}}]}"#, code: 1012,
            says: "[1]"),
        Refused(name: "a file that is a number", body: #"{"files":[3]}"#, code: 1012),
        Refused(name: "a URL without scheme", body: #"{"files":["example.com/a"]}"#, code: 1015, says: "http://"),
        Refused(
            name: "a URL of another zone", body: #"{"files":["https://other.org/a"]}"#, code: 1082,
            says: "https://other.org/a"),
        Refused(
            name: "a URL object of another zone", body: #"{"files":[{"url":"https://other.org/a"}]}"#, code: 1082,
            says: "other.org"),
        Refused(name: "a look-alike of the zone", body: #"{"files":["https://badexample.com/"]}"#, code: 1082),
        Refused(name: "a host of another zone", body: #"{"hosts":["other.org"]}"#, code: 1082, says: "other.org"),
        Refused(
            name: "a prefix of another zone", body: #"{"prefixes":["other.org/a"]}"#, code: 1082, says: "other.org/a"),
        Refused(name: "no host", body: #"{"hosts":["a..example.com"]}"#, code: 1115),
        Refused(
            name: "a long host", body: #"{"hosts":["\#(String(repeating: "a.", count: 120))example.com"]}"#,
            code: 1114),
        Refused(
            name: "a prefix with a scheme", body: #"{"prefixes":["https://example.com/a"]}"#, code: 1150, says: "scheme"
        ),
        Refused(
            name: "33 separators", body: #"{"prefixes":["example.com\#(String(repeating: "/a", count: 33))"]}"#,
            code: 1151,
            says: "31"),
        Refused(name: "a prefix with a query", body: #"{"prefixes":["example.com/a?b"]}"#, code: 1152),
        Refused(name: "a prefix with a fragment", body: #"{"prefixes":["example.com/a#b"]}"#, code: 1152),
        Refused(name: "a prefix with a space", body: #"{"prefixes":["example.com/a b"]}"#, code: 1153),
        Refused(
            name: "two megabytes", body: #"{"tags":["\#(String(repeating: "x", count: 2 << 20))"]}"#, status: 413,
            code: 1160),
    ]

    @Test(arguments: refused) func `is refused with its number, and nothing is produced`(
        _ refused: Refused
    ) async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            for endpoint in ["purge_cache", "invalidate_cache"] {
                let answer = try await client.purge(refused.body, endpoint: endpoint)
                #expect(answer.status == refused.status)
                #expect(answer.codes.first == refused.code)
                #expect(refused.says.isEmpty || answer.message.contains(refused.says), "\(answer.message)")
                #expect(answer.json["success"] as? Bool == false)
                #expect(answer.json["result"] is NSNull)
                #expect(answer.message.count < 700)
            }
        }
        #expect(api.producer.events.isEmpty)
    }

    @Test func `all five selectors are understood, also together`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let answer = try await client.purge(
                """
                {"files": ["http://www.example.com/a?b=c",
                           {"url": "https://example.com/d", "headers": {"CF-Device-Type": "mobile"}}],
                 "tags": ["Blog", "blog", "x"], "hosts": ["Images.example.com"], "prefixes": ["www.example.com/foo"],
                 "unknown": {"deep": [1, 2]}, "purge_everything": null}
                """)
            #expect(answer.status == 200)
            #expect(answer.json["success"] as? Bool == true)
            #expect(answer.codes.isEmpty && (answer.json["messages"] as? [Any])?.isEmpty == true)
            #expect(PurgeID(answer.purgeID) != nil)
            let event = try #require(api.producer.events.first)
            #expect(event.id.description == answer.purgeID)
            #expect(
                event.selectors.urls.map(\.description) == ["http://www.example.com/a?b=c", "https://example.com/d"])
            #expect(event.selectors.tags.map(\.description) == ["blog", "x"])
            #expect(event.selectors.hosts.map(\.name) == ["images.example.com"])
            #expect(event.selectors.prefixes.map(\.description) == ["www.example.com/foo"])
            #expect(event.scope.patterns.map(\.description) == ["example.com", "*.example.com"])
            #expect(event.zone == Samples.zoneID && event.mode == .delete)
            #expect(event.acceptedAt.milliseconds == 1_700_000_000_000)

            #expect(try await client.purge(#"{"purge_everything":true}"#).status == 200)
            #expect(api.producer.events.last?.selectors.everything == true)
        }
    }

    @Test func `limits themselves are allowed`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let bodies = [
                Samples.list("tags", (1..<100).map { "t\($0)" } + [String(repeating: "x", count: 1024)]),
                Samples.list("files", (0..<500).map { "http://example.com/\($0)" }),
                Samples.list("prefixes", ["example.com" + String(repeating: "/a", count: 31)]),
            ]
            for body in bodies { #expect(try await client.purge(body).status == 200) }
        }
        #expect(api.producer.events.count == 3)
    }

    @Test func `older methods, slashes at the end, upper case and invalidation work`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let path = "/client/v4/zones/\(Samples.zoneID)/purge_cache"
            let body = #"{"tags":["a"]}"#
            #expect(try await client.ask(.delete, path, body).status == 200)
            #expect(try await client.ask(.post, path + "/", body).status == 200)
            #expect(try await client.purge(body, zone: Samples.zoneID.uppercased()).status == 200)
            #expect(try await client.purge(body, endpoint: "invalidate_cache").status == 200)
            // An environment is the zone; the trailing slash is as some documents have it.
            let environment = "/client/v4/zones/\(Samples.zoneID)/environments/e1"
            #expect(try await client.ask(.post, environment + "/purge_cache/", body).status == 200)
            #expect(try await client.ask(.post, environment + "/invalidate_cache", body).status == 200)
            #expect(
                api.producer.events.map(\.mode)
                    == [.delete, .delete, .delete, .invalidate, .delete, .invalidate])
        }
    }

    @Test func `unknown zones, paths and methods are refused in the envelope`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let body = #"{"tags":["a"]}"#
            let unknown = try await client.purge(body, zone: String(repeating: "b", count: 32))
            #expect(unknown.status == 404 && unknown.codes == [7003])
            let malformed = try await client.purge(body, zone: "example.com")
            #expect(malformed.status == 404 && malformed.codes == [7003, 7000])
            let nowhere = try await client.ask(.post, "/client/v4/zones/\(Samples.zoneID)/purge_cash", body)
            #expect(nowhere.status == 404 && nowhere.codes == [7000])
            let method = try await client.ask(.get, "/client/v4/zones/\(Samples.zoneID)/purge_cache")
            #expect(method.status == 405 && method.headers[.allow] == "POST, DELETE")
        }
        #expect(api.producer.events.isEmpty)
    }

    @Test func `a browser on another site cannot purge`() async throws {
        let api = try TestAPI()
        let field = try #require(HTTPField.Name("Sec-Fetch-Site"))
        try await api.run { client async throws in
            let path = "/client/v4/zones/\(Samples.zoneID)/purge_cache"
            for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)] {
                let answer = try await client.ask(.post, path, #"{"tags":["a"]}"#, headers: [field: site])
                #expect(answer.status == status)
                #expect(answer.codes == (status == 403 ? [1172] : []))
            }
            let own = try await client.ask(.post, "/v1/purges", "{}", headers: [field: "cross-site"])
            #expect(own.status == 403 && own.code == "cross_site")
        }
        #expect(api.producer.events.count == 2)
    }

    @Test func `when Kafka does not take it the answer says what is certain`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            for (outcome, code, status) in [
                (PurgeProducerError.Outcome.notStored, 1170, 503), (.unknown, 1171, 503), (.refused, 1160, 413),
            ] {
                api.producer.fail(with: PurgeProducerError(outcome: outcome, message: "no broker"))
                let answer = try await client.purge(#"{"tags":["a"]}"#)
                #expect(answer.status == status && answer.codes == [code])
                #expect((answer.headers[.retryAfter] != nil) == (status == 503))
                #expect(answer.message.contains("may still happen") == (outcome == .unknown))
            }
            api.producer.fail(with: nil)
            #expect(try await client.purge(#"{"tags":["a"]}"#).status == 200)
        }
        #expect(api.ledger.read { state, _ in state.openCount } == 1)
    }

    @Test func `plugins find a zone by its name`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let found = try await client.ask(.get, "/client/v4/zones?name=example.com")
            let zones = try #require(found.json["result"] as? [[String: Any]])
            #expect(zones.compactMap { $0["id"] as? String } == [Samples.zoneID])
            #expect((found.json["result_info"] as? [String: Any])?["total_count"] as? Int == 1)
            // SDKs go on until a page is empty.
            let second = try await client.ask(.get, "/client/v4/zones?page=2&per_page=5")
            #expect((second.json["result"] as? [Any])?.isEmpty == true)
            #expect((second.json["result_info"] as? [String: Any])?["total_count"] as? Int == 2)
            let none = try await client.ask(.get, "/client/v4/zones?name=nothing.net")
            #expect((none.json["result"] as? [Any])?.isEmpty == true)
            let one = try await client.ask(.get, "/client/v4/zones/\(Samples.zoneID)")
            #expect((one.json["result"] as? [String: Any])?["name"] as? String == "example.com")
            #expect(try await client.ask(.get, "/client/v4/zones/\(String(repeating: "b", count: 32))").codes == [7003])
        }
    }
}
