import Foundation
import NIOHTTP1
import TestSupport
import Testing

/// What real nginx asks by the snippets of `deploy/nginx`, and what it does with the answers.
@Suite(.timeLimit(.minutes(5))) struct AskSnippetTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private static let key = "http://shop.example"

    /// Runs `body` with a cache that asks.
    ///
    /// - Parameters:
    ///   - question: the cache key.
    ///   - server: more lines of the server, `location` those of the location.
    private func withNginx(
        _ snippet: AskSnippet, question: String = "$scheme://$host$request_uri", server: String = "",
        location: String = "", _ body: (RealNginx, TinyOrigin, TinyAgent) async throws -> Void
    ) async throws {
        let path = folder.path
        let usual = "$scheme://$host$request_uri"
        let http = """
            \(try snippet.http(path).replacing(usual, with: question))
            proxy_cache_path \(path)/cache levels=1:2 keys_zone=edge:1m;
            server {
                listen unix:\(RealNginx.socket(in: path));
                add_header X-Cache-Status $upstream_cache_status always;
                \(try snippet.server(path).replacing(usual, with: question))
                \(server)
                location / {
                    \(location)
                    proxy_cache edge;
                    proxy_cache_key \(question);
                    proxy_pass http://unix:\(path)/origin.sock:;
                }
            }
            """
        try await TinyOrigin.with(.proxy, at: path + "/origin.sock") { origin in
            try await TinyAgent.with(at: path + "/ask.sock") { agent in
                try await RealNginx.with(folder, http: http, modules: try #require(snippet.modules)) { nginx in
                    try await body(nginx, origin, agent)
                }
            }
        }
    }

    private func setMarker() { _ = FileManager.default.createFile(atPath: folder.path + "/ask", contents: nil) }

    private func page(_ status: String, _ version: Int) -> RealNginx.Answer {
        RealNginx.Answer(status: 200, cacheStatus: status, body: "v\(version)")
    }

    @Test(arguments: AskSnippet.installed)
    func `each request is asked about while there is something to ask, and the answer is heeded`(
        _ snippet: AskSnippet
    ) async throws {
        try await withNginx(snippet) { nginx, origin, agent in
            func get() async throws -> RealNginx.Answer { try await nginx.answer("/page?a=%2F1") }
            #expect(try await get() == page("MISS", 1))
            #expect(try await get() == page("HIT", 1))
            #expect(agent.takeQuestions() == [])
            setMarker()
            #expect(try await get() == page("HIT", 1), "\(nginx.errors)")
            let question = TinyAgent.Question(
                host: "shop.example", uri: "/page?a=%2F1", key: Self.key + "/page?a=%2F1")
            #expect(agent.takeQuestions() == [question])
            origin.publish(version: 2)
            agent.say(["X-Edge-Purge-Stale": "unproven", "X-Edge-Purge-Keep": "1"])
            #expect(try await get() == page("BYPASS", 2))
            agent.say([:])
            #expect(try await get() == page("HIT", 1))
            agent.say(["X-Edge-Purge-Stale": "crowded"])
            #expect(try await get() == page("BYPASS", 2))
            agent.say([:])
            #expect(try await get() == page("HIT", 2))
            #expect(agent.connections == 1)
            // An agent that is started anew.
            await agent.hangUp()
            try await eventually("it is asked again") { try await get() == page("HIT", 2) && agent.connections == 2 }
        }
    }

    @Test(arguments: AskSnippet.installed)
    func `a location may say which cache it has`(_ snippet: AskSnippet) async throws {
        try await withNginx(snippet, location: "set $edge_purge_cache /var/cache/films;") { nginx, _, agent in
            setMarker()
            agent.hasCrowd(true)
            let answer = try await nginx.answer("/page")
            #expect(answer == page("MISS", 1), "\(nginx.errors)")
            #expect(agent.takeQuestions().map(\.cache) == ["/var/cache/films", "/var/cache/films"])
        }
    }

    @Test(arguments: AskSnippet.installed)
    func `while fenced nobody is asked, and nothing comes from the cache or into it`(
        _ snippet: AskSnippet
    ) async throws {
        let fence = folder.path + "/fence"
        try await withNginx(snippet) { nginx, origin, agent in
            func get() async throws -> RealNginx.Answer { try await nginx.answer("/page") }
            #expect(try await get() == page("MISS", 1))
            setMarker()
            _ = FileManager.default.createFile(atPath: fence, contents: nil)
            origin.publish(version: 2)
            #expect(try await get() == page("BYPASS", 2), "\(nginx.errors)")
            #expect(agent.takeQuestions() == [])
            try FileManager.default.removeItem(atPath: fence)
            #expect(try await get() == page("HIT", 1))
            #expect(agent.takeQuestions().count == 1)
        }
    }

    /// A fragment was served as it was before the purge, and so was a page behind an `auth_request` of the site's own.
    @Test(arguments: AskSnippet.installed)
    func `what nginx asks nobody about bypasses its cache while there is something to ask about`(
        _ snippet: AskSnippet
    ) async throws {
        let server = """
            location = /login { internal; return 204; }
            location = /whole { ssi on; default_type text/html; return 200 '<!--#include virtual="/page" -->'; }
            location = /members {
                \(snippet == .stock ? "auth_request /login;" : "access_by_lua_block { return }")
                proxy_cache edge;
                proxy_cache_key $scheme://$host$request_uri;
                proxy_pass http://unix:\(folder.path)/origin.sock:;
            }
            """
        try await withNginx(snippet, server: server) { nginx, origin, agent in
            func expect(_ bodies: [String]) async throws {
                var found: [String] = []
                for path in ["/page", "/whole", "/members"] { found.append(try await nginx.answer(path).body) }
                #expect(found == bodies, "\(nginx.errors)")
            }
            try await expect(["v1", "v1", "v1"])
            origin.publish(version: 2)
            try await expect(["v1", "v1", "v1"])
            setMarker()
            try await expect(["v1", "v2", "v2"])
            #expect(agent.takeQuestions().map(\.key) == [Self.key + "/page"])
            _ = FileManager.default.createFile(atPath: folder.path + "/fence", contents: nil)
            origin.publish(version: 3)
            try await expect(["v3", "v3", "v3"])
            #expect(agent.takeQuestions() == [])
        }
    }

    @Test(arguments: AskSnippet.installed)
    func `whoever is told so asks once more and waits, but nobody who passes the cache`(
        _ snippet: AskSnippet
    ) async throws {
        let skip = #"if ($arg_skip) { set $edge_purge_method ""; }"#
        try await withNginx(snippet, location: skip) { nginx, origin, agent in
            let first = try await nginx.answer("/page")
            #expect(first == page("MISS", 1))
            setMarker()
            agent.hasCrowd(true)
            let second = try await nginx.answer("/page")
            #expect(second == page("HIT", 1), "\(nginx.errors)")
            #expect(agent.takeQuestions().map(\.waits) == [false, true])
            origin.publish(version: 2)
            agent.say(["X-Edge-Purge-Stale": "unproven", "X-Edge-Purge-Keep": "1"])
            let third = try await nginx.answer("/page")
            #expect(third == page("BYPASS", 2))
            let questions = agent.takeQuestions()
            #expect(questions.map(\.waits) == [false, true])
            #expect(questions.allSatisfy { $0.key == Self.key + "/page" && $0.host == "shop.example" })
            agent.say([:])
            let post = try await nginx.answer("/page", method: .POST, body: [1])
            #expect(post.status == 200)
            _ = try await nginx.answer("/page?skip=1")
            #expect(agent.takeQuestions().map(\.method) == ["POST", ""])
        }
    }

    /// nginx asks again after each of them: a visitor waited for himself, a second each time.
    @Test(arguments: AskSnippet.installed, ["/named", "/other", "/failing"])
    func `a request that was told does not wait after an internal redirect`(
        _ snippet: AskSnippet, _ path: String
    ) async throws {
        let server = """
            location = /named { root \(folder.path); try_files /nothing @fetched; }
            location = /other { root \(folder.path); try_files /nothing /fetched; }
            location = /failing { root \(folder.path); error_page 404 = @fetched; }
            location @fetched {
                proxy_cache edge;
                proxy_cache_key $scheme://$host$request_uri;
                proxy_pass http://unix:\(folder.path)/origin.sock:;
            }
            """
        try await withNginx(snippet, server: server) { nginx, _, agent in
            setMarker()
            agent.hasCrowd(true)
            let answer = try await nginx.answer(path)
            #expect(answer == page("MISS", 1), "\(nginx.errors)")
            let questions = agent.takeQuestions()
            #expect(questions.map(\.waits) == [false, true, false])
            #expect(questions.map { $0.isTold || $0.method.isEmpty } == [false, false, true])
            #expect(Set(questions.map(\.key)) == [Self.key + path])
        }
    }

    @Test(.enabled(if: AskSnippet.hasLua, AskSnippet.skipped))
    func `Lua asks beside an auth_request of the site's own, for whom that lets in`() async throws {
        let site = """
            location = /login { internal; if ($request_uri !~ user=) { return 401; } return 204; }
            """
        try await withNginx(.lua, server: site, location: "auth_request /login;") { nginx, origin, agent in
            let first = try await nginx.answer("/page?user=a")
            #expect(first == page("MISS", 1))
            setMarker()
            let stranger = try await nginx.answer("/page")
            #expect(stranger.status == 401)
            #expect(agent.takeQuestions() == [])
            let second = try await nginx.answer("/page?user=a")
            #expect(second == page("HIT", 1))
            origin.publish(version: 2)
            agent.say(["X-Edge-Purge-Stale": "unsure", "X-Edge-Purge-Keep": "1"])
            let third = try await nginx.answer("/page?user=a")
            #expect(third == page("BYPASS", 2))
            let keys = agent.takeQuestions().map(\.key)
            #expect(keys == Array(repeating: Self.key + "/page?user=a", count: 2))
        }
    }

    @Test(.enabled(if: AskSnippet.hasLua, AskSnippet.skipped))
    func `Lua asks for the key of a path that was rewritten`() async throws {
        let rewrite = "rewrite ^/old/(.*)$ /new/$1 break;"
        try await withNginx(.lua, question: "$scheme://$host$uri", location: rewrite) { nginx, _, agent in
            setMarker()
            let old = try await nginx.answer("/old/page")
            #expect(old == page("MISS", 1), "\(nginx.errors)")
            let new = try await nginx.answer("/new/page")
            #expect(new == page("HIT", 1))
            let keys = agent.takeQuestions().map(\.key)
            #expect(keys == Array(repeating: Self.key + "/new/page", count: 2))
        }
    }
}
