import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct AuthenticationTests {
    private static let purgePath = "/client/v4/zones/\(Samples.zoneID)/purge_cache"
    private static let body = #"{"tags":["a"]}"#

    /// A request, and who may send it with which status.
    struct Access: Sendable, CustomTestStringConvertible {
        var method: HTTPRequest.Method
        var path: String
        var statuses: [String?: Int]
        var testDescription: String { "\(method) \(path)" }
    }

    static let access = [
        Access(
            method: .get, path: "/v1/agents",
            statuses: [nil: 401, "reader": 200, "deploy": 403, "everywhere": 403, "operator": 200]),
        Access(
            method: .get, path: "/v1/me",
            statuses: [nil: 401, "reader": 200, "deploy": 200, "everywhere": 200, "operator": 200]),
        Access(
            method: .get, path: "/client/v4/user/tokens/verify",
            statuses: [nil: 401, "reader": 200, "deploy": 200, "everywhere": 200, "operator": 200]),
        Access(
            method: .post, path: purgePath,
            statuses: [nil: 401, "reader": 403, "deploy": 200, "everywhere": 200, "operator": 200]),
        Access(
            method: .post, path: "/client/v4/zones/\(Samples.otherZoneID)/purge_cache",
            statuses: [nil: 401, "reader": 403, "deploy": 404, "everywhere": 200, "operator": 200]),
        Access(
            method: .get, path: "/client/v4/zones/\(Samples.otherZoneID)",
            statuses: [nil: 401, "reader": 200, "deploy": 404, "everywhere": 200, "operator": 200]),
        Access(method: .get, path: "/healthz", statuses: [nil: 200, "reader": 200]),
        Access(method: .get, path: "/v1/nothing", statuses: [nil: 404, "operator": 404]),
    ]

    @Test(arguments: access) func `a route is open to whom it should be`(_ access: Access) async throws {
        let tokens = TestTokens()
        let api = try TestAPI(tokens: tokens.records)
        try await api.run { client async throws in
            for (name, status) in access.statuses {
                let answer = try await client.ask(
                    access.method, access.path, access.method == .post ? #"{"purge_everything":true}"# : nil,
                    headers: tokens.headers(name))
                #expect(answer.status == status, "\(name ?? "nobody"): \(answer.text)")
                #expect((answer.headers[.wwwAuthenticate] != nil) == (status == 401))
                if access.path.hasPrefix("/client"), status == 401 { #expect(answer.codes == [10000]) }
                if access.path.hasPrefix("/client"), status == 403 { #expect(answer.codes == [9109]) }
            }
        }
    }

    @Test func `what a token may is told, and lists show only that`() async throws {
        let tokens = TestTokens()
        try await TestAPI(tokens: tokens.records).run { client async throws in
            let me = try await client.ask(.get, "/v1/me", headers: tokens.headers("deploy"))
            #expect(me.json["name"] as? String == "deploy")
            #expect(me.json["permissions"] as? [String] == ["cache_purge"])
            #expect(me.json["zones"] as? [String] == [Samples.zoneID])
            let admin = try await client.ask(.get, "/v1/me", headers: tokens.headers("operator"))
            #expect(admin.json["permissions"] as? [String] == ["read", "cache_purge", "admin"])
            #expect(admin.json["zones"] as? [String] == ["*"])
            for (name, zones) in [("deploy", 1), ("everywhere", 2), ("reader", 2)] {
                let own = try await client.ask(.get, "/v1/zones", headers: tokens.headers(name))
                #expect((own.json["zones"] as? [Any])?.count == zones)
                let cloudflare = try await client.ask(.get, "/client/v4/zones", headers: tokens.headers(name))
                #expect((cloudflare.json["result"] as? [Any])?.count == zones)
            }
        }
    }

    @Test func `the event says who purged, and only they and readers see it`() async throws {
        var tokens = TestTokens()
        tokens.add("neighbour", [.cachePurge], .some([Samples.otherZoneID]))
        let api = try TestAPI(tokens: tokens.records)
        api.becomeReady()
        try await api.run { [tokens] client async throws in
            let id = try await client.ask(.post, Self.purgePath, Self.body, headers: tokens.headers("deploy")).purgeID
            for (name, status) in [("deploy", 200), ("reader", 200), ("operator", 200), ("neighbour", 404)] {
                let answer = try await client.ask(.get, "/v1/purges/\(id)", headers: tokens.headers(name))
                #expect(answer.status == status)
            }
        }
        #expect(api.producer.events.map(\.source) == ["api/deploy"])
    }

    @Test func `what is no token, or no longer one, is refused with the reason and without the secret`() async throws {
        var tokens = TestTokens()
        tokens.add("old", [.admin], .all, expiresAt: 1_700_000_000_000)
        tokens.add("young", [.admin], .all, expiresAt: 1_700_000_000_001)
        let real = tokens.text("operator")
        let changed = String(real.dropLast()) + (real.hasSuffix("0") ? "1" : "0")
        let other = "ept_" + String(repeating: "0", count: 16) + real.dropFirst(20)
        try await TestAPI(tokens: tokens.records).run { [tokens] client async throws in
            for (value, says) in [
                ("Bearer \(changed)", "not known"), ("Bearer \(other)", "not known"), (real, "Bearer"),
                ("Basic \(real)", "Bearer"), ("Bearer", "Bearer"), ("Bearer x", "ept_"), ("Bearer \(real)0", "ept_"),
                ("Bearer \(real.uppercased())", "ept_"), ("Bearer \(tokens.text("old"))", "expired"), ("", "Bearer"),
            ] {
                let answer = try await client.ask(.get, "/v1/me", headers: [.authorization: value])
                #expect(answer.status == 401 && answer.code == "unauthorized", "\(answer.text)")
                #expect(answer.message.contains(says), "\(answer.message)")
                #expect(!answer.text.contains(real.dropFirst(21)))
            }
            for name in ["young", "operator"] {
                #expect(try await client.ask(.get, "/v1/me", headers: tokens.headers(name)).status == 200)
            }
            let lower = try await client.ask(.get, "/v1/me", headers: [.authorization: "bearer  \(real)"])
            #expect(lower.status == 200)
        }
    }

    @Test func `older plugins send an address and a key`() async throws {
        var tokens = TestTokens()
        tokens.add("wordpress", [.cachePurge], .all, email: "Web@example.com")
        let email = try #require(HTTPField.Name("X-Auth-Email"))
        let key = try #require(HTTPField.Name("X-Auth-Key"))
        try await TestAPI(tokens: tokens.records).run { [tokens] client async throws in
            let text = tokens.text("wordpress")
            for (headers, status) in [
                ([email: "web@example.com", key: text] as HTTPFields, 200),
                ([email: "other@example.com", key: text], 401), ([key: text], 401), ([email: "web@example.com"], 401),
                // A token that has no address is for Authorization only.
                ([email: "web@example.com", key: tokens.text("operator")], 401),
                ([.authorization: "Bearer \(text)"], 200),
            ] {
                #expect(try await client.ask(.post, Self.purgePath, Self.body, headers: headers).status == status)
            }
        }
    }

    @Test func `tokens can be added and taken away, and never all doors open`() throws {
        let tokens = TestTokens()
        let authenticator = Authenticator(tokens: nil, now: { Timestamp(milliseconds: 0) })
        let request = { (name: String?) in
            Request(
                head: HTTPRequest(
                    method: .get, scheme: "http", authority: "localhost:7480", path: "/",
                    headerFields: tokens.headers(name)), body: RequestBody(buffer: ByteBuffer()))
        }
        #expect(try authenticator.caller(of: request(nil)) == .anybodyHere)
        authenticator.replace(tokens: nil)
        #expect(authenticator.isOpen)
        authenticator.replace(tokens: tokens.records)
        #expect(throws: AccessRefusal.self) { try authenticator.caller(of: request(nil)) }
        #expect(try authenticator.caller(of: request("reader")).name == "reader")
        authenticator.replace(tokens: tokens.records.filter { $0.name != "reader" })
        #expect(throws: AccessRefusal.self) { try authenticator.caller(of: request("reader")) }
        #expect(try authenticator.caller(of: request("deploy")).name == "deploy")
        for tokens in [nil, []] as [[AccessToken]?] {
            authenticator.replace(tokens: tokens)
            #expect(throws: AccessRefusal.self) { try authenticator.caller(of: request("deploy")) }
            #expect(throws: AccessRefusal.self) { try authenticator.caller(of: request(nil)) }
        }
    }

    @Test(arguments: [
        ("localhost", true), ("localhost:7480", true), ("127.0.0.1:7480", true), ("127.1.2.3", true),
        ("[::1]:80", true),
        ("dev.localhost", true), ("", true), ("evil.example", false), ("127.0.0.1.evil.example", false),
        // Attack: these passed.
        ("[::1].evil.example", false), ("localhost:x.evil.example", false), ("127.0.0.1:80@evil.example", false),
        ("localhost.evil.example:7480", false), ("10.0.0.1", false), ("[fe80::1]", false), ("127.0.0.999", false),
    ])
    func `without tokens only this machine's own names are served`(authority: String, isServed: Bool) throws {
        let authenticator = Authenticator(tokens: nil, now: { Timestamp(milliseconds: 0) })
        let request = Request(
            head: HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/"),
            body: RequestBody(buffer: ByteBuffer()))
        #expect((try? authenticator.caller(of: request)) == (isServed ? .anybodyHere : nil))
    }

    /// Attack: behind a plain reverse proxy, and from a page of another site, anybody could purge.
    @Test(arguments: [
        ("Origin", "http://localhost:7480", true), ("Origin", "http://127.0.0.1", true),
        ("Origin", "http://[::1]:7480", true), ("Origin", "https://evil.example", false), ("Origin", "null", false),
        ("Origin", "http://localhost:7480.evil.example", false), ("Origin", "http://", false),
        ("Forwarded", "for=192.0.2.1", false), ("X-Forwarded-For", "192.0.2.1", false),
        ("X-Real-IP", "192.0.2.1", false), ("Via", "1.1 proxy", false), ("Accept", "*/*", true),
    ])
    func `without tokens nobody is served but who is on this machine`(
        name: String, value: String, isServed: Bool
    ) throws {
        let authenticator = Authenticator(tokens: nil, now: { Timestamp(milliseconds: 0) })
        let field = try #require(HTTPField.Name(name))
        let request = Request(
            head: HTTPRequest(
                method: .post, scheme: "http", authority: "localhost:7480", path: "/", headerFields: [field: value]),
            body: RequestBody(buffer: ByteBuffer()))
        #expect((try? authenticator.caller(of: request)) == (isServed ? .anybodyHere : nil))
    }

    /// Attack: open streams and waits outlived a revocation.
    @Test func `a wait ends when its token is revoked`() async throws {
        let tokens = TestTokens()
        let api = try TestAPI(tokens: tokens.records)
        api.becomeReady()
        try await api.run { [tokens] client async throws in
            let id = try await client.ask(.post, Self.purgePath, Self.body, headers: tokens.headers("deploy")).purgeID
            async let answer = client.ask(.get, "/v1/purges/\(id)?wait=5m", headers: tokens.headers("reader"))
            try await eventually("it waits") { api.ledger.waiterCount == 1 }
            api.authenticator.replace(tokens: tokens.records.filter { $0.name != "reader" })
            #expect(try await answer.json["state"] as? String == "pending")
            #expect(try await client.ask(.get, "/v1/purges/\(id)", headers: tokens.headers("reader")).status == 401)
        }
    }

    @Test func `who waits hears of a revocation at once, and of the end of a token`() async throws {
        let tokens = TestTokens()
        let began = ContinuousClock.now
        let authenticator = Authenticator(tokens: tokens.records) {
            Timestamp(milliseconds: (ContinuousClock.now - began).wholeMilliseconds)
        }
        let reader = Caller(try #require(tokens.records.first { $0.name == "reader" }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await authenticator.waitUntilForgotten(reader) } }
            try await eventually("all wait") { authenticator.waiterCount == 20 }
            // Others are not its business.
            authenticator.replace(tokens: tokens.records.filter { $0.name != "deploy" })
            try await eventually("all wait again") { authenticator.waiterCount == 20 }
            authenticator.replace(tokens: tokens.records.filter { $0.name != "reader" })
            try await group.waitForAll()
            #expect(authenticator.waiterCount == 0)
            var others = TestTokens()
            others.add(
                "mortal", [.read], .all, expiresAt: (ContinuousClock.now - began).wholeMilliseconds + 200)
            let mortal = try #require(others.records.last)
            authenticator.replace(tokens: [mortal])
            await authenticator.waitUntilForgotten(Caller(mortal))
            #expect(!authenticator.stillKnows(Caller(mortal)))
            group.addTask { await authenticator.waitUntilForgotten(reader) }
            group.cancelAll()
        }
    }

    @Test func `who was let in is known only as long as the token is the same`() throws {
        let tokens = TestTokens()
        let authenticator = Authenticator(tokens: tokens.records, now: { Timestamp(milliseconds: 0) })
        let reader = Caller(try #require(tokens.records.first { $0.name == "reader" }))
        #expect(authenticator.stillKnows(reader))
        #expect(!authenticator.stillKnows(.anybodyHere) && !authenticator.stillKnows(.nobody))
        #expect(
            !authenticator.stillKnows(Caller(name: "reader", tokenID: reader.tokenID, permissions: [], zones: .all)))
        authenticator.replace(tokens: tokens.records.filter { $0.name != "reader" })
        #expect(!authenticator.stillKnows(reader))
        #expect(Authenticator(tokens: nil, now: { Timestamp(milliseconds: 0) }).stillKnows(.anybodyHere))
    }

    @Test(arguments: [
        ("0.0.0.0", false), ("::", false), ("10.1.2.3", false), ("control.example", false), ("::1", true),
    ])
    func `nobody else is listened to without tokens`(host: String, isAllowed: Bool) throws {
        var configuration = try Samples.configuration()
        configuration.host = host
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let tokens = TestTokens()
        for (records, starts) in [(nil, isAllowed), ([], true), (tokens.records, true)] as [([AccessToken]?, Bool)] {
            let directory = try TemporaryDirectory()
            configuration.stateDirectory = directory.path
            configuration.tokens = TokenSource(path: "/etc/tokens.yaml") { records }
            if starts {
                _ = try ControlPlane(configuration: configuration, logger: logger)
            } else {
                let error = #expect(throws: ControlPlaneError.self) {
                    _ = try ControlPlane(configuration: configuration, logger: logger)
                }
                #expect(error?.message.contains("edge-purge token create") == true)
            }
        }
    }
}
