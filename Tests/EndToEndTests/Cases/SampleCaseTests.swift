import Foundation
import TestSupport
import Testing

@testable import EdgePurgeCommand

extension EndToEndTests {
    /// Configurations and requests from public reports, as they stand there.
    @Suite struct SampleCaseTests: SharesEnvironment {
        private let folder: TemporaryDirectory
        /// Nobody else listens there.
        private let address = "127.\(Int.random(in: 1...254)).\(Int.random(in: 0...254)).1"
        private static let reply = CaseReply(fields: [("Cache-Control", "max-age=3600"), ("Cache-Tag", "page,site")])

        init() throws { folder = try TemporaryDirectory() }

        /// One request of a visitor.
        private struct Visit {
            var port: Int
            var host = "shop.example"
            var target: String
            var method = "GET"
            var body: [UInt8] = []
        }

        private func version(_ visit: Visit) async throws -> String {
            let answer = try await RawVisitor(address: address, port: visit.port).ask(
                Array(visit.target.utf8), method: visit.method, headers: [("Host", visit.host)], body: visit.body)
            return String(decoding: answer.body.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        }

        /// Visits pages until each comes from the cache.
        private func fill(_ visits: [Visit], _ machine: CaseMachine) async throws {
            machine.origin.set(Self.reply, for: "")
            for visit in visits {
                try await eventually("\(visit.target) is cached") {
                    _ = try await version(visit)
                    let before = machine.origin.requests(for: "")
                    _ = try await version(visit)
                    return machine.origin.requests(for: "") == before
                }
            }
        }

        private func server(_ port: Int, _ lines: String) -> String {
            "server { listen \(address):\(port); server_name _; \(lines) }\n"
        }

        private var pass: String { "proxy_pass http://backend;" }
        private var upstream: String {
            "upstream backend { server unix:\(CaseOrigin.socket(.proxy, in: folder.path)); }\n"
        }
        private func cachePath(_ name: String) -> String {
            "proxy_cache_path \(folder.path)/\(name) levels=1:2 keys_zone=\(name):1m;\n"
        }

        // MARK: Two keys

        /// Attack: Discourse's sample configuration has one cache with nginx's own key in one location and `$uri` in
        /// another, and its host in neither: purges were confirmed with 0 objects.
        @Test func `a cache with two keys, and the visitors' host in neither, is purged by every selector`()
            async throws
        {
            let http =
                upstream + "proxy_cache_path \(folder.path)/one keys_zone=one:10m max_size=200m;\n"
                + server(
                    8080,
                    """
                    location ~ ^/(letter_avatar/|user_avatar|stylesheets) {
                        proxy_set_header Host $http_host;
                        proxy_ignore_headers Set-Cookie; proxy_hide_header Set-Cookie;
                        proxy_cache one; proxy_cache_valid 200 301 302 7d; proxy_cache_valid any 1m;
                        \(pass)
                    }
                    location /letter_avatar_proxy/ {
                        proxy_method GET; proxy_pass_request_headers off; proxy_pass_request_body off;
                        proxy_cache one; proxy_cache_key $uri; proxy_cache_valid 200 7d; proxy_cache_valid 404 1m;
                        proxy_pass http://backend/;
                    }
                    """)
            let caches = """
                  - path: \(folder.path)/one
                    cache_key: [$scheme$proxy_host$request_uri, $uri]
                    host: forum.shop.example

                """
            let host = "forum.shop.example"
            let targets = ["/stylesheets/a.css", "/letter_avatar_proxy/v4/b%2B.png"]
            let visits = targets.map { Visit(port: 8080, host: host, target: $0) }
            let bodies = [
                #"{"files":["https://\#(host)\#(targets[0])","https://\#(host)\#(targets[1])"]}"#,
                #"{"tags":["page"]}"#,
                #"{"prefixes":["\#(host)/stylesheets","\#(host)/letter_avatar_proxy/v4"]}"#,
                #"{"hosts":["\#(host)"]}"#, #"{"purge_everything":true}"#,
            ]
            let environment = try environment
            try await CaseMachine.with(environment, folder, http: http, caches: caches) { machine in
                for (number, body) in bodies.enumerated() {
                    try await fill(visits, machine)
                    machine.origin.publish(version: number + 2)
                    try await environment.purge(body)
                    for visit in visits { #expect(try await version(visit) == "v\(number + 2)", "\(body) \(visit)") }
                }
            }
        }

        // MARK: Encodings

        /// What a visitor asked for, what is purged, and whether that is the same URL: if not, it may stay.
        private static let spellings: [(asked: String, purged: String, isSame: Bool)] = [
            ("/episodes/%D9%85%D8%B3-taboo/", "/episodes/%d9%85%d8%b3-taboo/", true),
            ("/pages/%D0%BD%D0%B5%D0%BE/", "/pages/нео/", true),
            ("/l/%e5%81%a5/index.html", "/l/%E5%81%A5/index.html", true),
            ("/raw/健%E5%BA%B7/index.html", "/raw/%E5%81%A5%E5%BA%B7/index.html", true),
            ("/files/my%20report.pdf", "/files/my%20report.pdf", true), ("/a+b/c?q=x+y", "/a+b/c?q=x+y", true),
            ("/search?q=x%20y", "/search?q=x+y", false),
            ("/projects/group%2Fname/repo", "/projects/group%2Fname/repo", true),
            ("/what%3F/now", "/what%3F/now", true), ("/50%25/off", "/50%25/off", true),
            ("/c%23/intro", "/c%23/intro", true), ("/shop;jsessionid=1/x", "/shop;jsessionid=1/x", true),
            ("/a//b/c", "/a//b/c", true), ("/d//e/f", "/d/e/f", true), ("/x/./y/../z", "/x/z", true),
            ("/o?a=1&b=2", "/o?b=2&a=1", false), ("/empty?", "/empty?", true), ("/empty2?", "/empty2", false),
            ("/q?u=%c3%bc", "/q?u=%C3%BC", true), ("/landing?utm_source=x", "/landing", false),
            ("/slash/", "/slash", false), ("/it's/[1]/(2)", "/it's/[1]/(2)", true), ("/a|b/^c", "/a|b/^c", true),
            ("/frag", "/frag#top", true), ("/artist/Tom%20%26%20Co", "/artist/Tom%20%26%20Co", true),
            ("/u%40h/12%3A30/a%2Cb", "/u%40h/12%3A30/a%2Cb", true), ("/c%2B%2B/intro", "/c%2B%2B/intro", true),
            ("/style.css?ver=6.5", "/style.css?ver=6.5", true), ("/x%2541", "/x%2541", true),
        ]

        /// Attack: with `$uri` in the key the visitor's URL did not purge the page, and with a key without a query a
        /// URL that has one did not.
        @Test func `the URL that a visitor asked for purges the page, however it is spelt and whatever the key is`()
            async throws
        {
            let keys = [
                ("sent", "$scheme://$host$request_uri", ""), ("decoded", "$host$uri$is_args$args", ""),
                ("noquery", "$host$uri", ""), ("own", nil, "host: shop.example"),
            ]
            var http = upstream + "merge_slashes off;\n"
            var caches = ""
            for (number, (name, key, _)) in keys.enumerated() {
                let line = key.map { "proxy_cache_key \($0);" } ?? ""
                http += cachePath(name)
                http += server(8081 + number, "location / { proxy_cache \(name); \(line) \(pass) }")
            }
            for (name, key, host) in keys {
                let host = host.isEmpty ? "" : "    \(host)\n"
                caches += "  - path: \(folder.path)/\(name)\n"
                caches += "    cache_key: \(key ?? "$scheme$proxy_host$request_uri")\n\(host)"
            }
            let environment = try environment
            try await CaseMachine.with(environment, folder, http: http, caches: caches) { machine in
                let ports = keys.indices.map { 8081 + $0 }
                let visits = Self.spellings.flatMap { one in ports.map { Visit(port: $0, target: one.asked) } }
                try await fill(visits, machine)
                machine.origin.publish(version: 2)
                let urls = Self.spellings.map { "\"HTTPS://SHOP.Example.:8443\($0.purged)\"" }
                try await environment.purge("{\"files\":[\(urls.joined(separator: ","))]}")
                for one in Self.spellings where one.isSame {
                    for (number, port) in ports.enumerated() {
                        let now = try await version(Visit(port: port, target: one.asked))
                        #expect(now == "v2", "\(one.asked), purged as \(one.purged), with the key \(keys[number])")
                    }
                }
                // Without the query in the key these are one page.
                for target in ["/o?a=1&b=2", "/empty2?", "/landing?utm_source=x"] {
                    #expect(try await version(Visit(port: 8083, target: target)) == "v2", "\(target)")
                }
            }
        }

        // MARK: Bodies

        /// Attack: of answers to POST whose body has a `|`, purges by URL missed some.
        @Test func `answers to POST are purged by their URL, whatever the bodies are`() async throws {
            let bodies = [
                Array(#"{"query":"{ product(id: 1) { name } }"}"#.utf8), Array("{\"query\":\n\"{ a|b\n\n c }\"}".utf8),
                Array("a|b|/c?x=1|z".utf8), [1, 2, 255, 124, 254] + Array("/x".utf8),
                [UInt8](repeating: UInt8(ascii: "x"), count: 6000), Array("|".utf8),
            ]
            let log = folder.path + "/fetch.log"
            let format = NginxConfiguration.fetchLogFormat
            let http =
                upstream + cachePath("api") + """
                    map "" $edge_purge_key { volatile; default "$request_uri|$request_body"; }
                    log_format edge_purge escape=default '\(format)';

                    """
                + server(
                    8090,
                    """
                    access_log \(log) edge_purge;
                    client_body_buffer_size 64k;
                    location / {
                        proxy_buffer_size 32k; proxy_buffers 8 32k; proxy_cache api; proxy_cache_methods GET POST;
                        proxy_cache_key "$request_uri|$request_body"; \(pass)
                    }
                    """)
            let caches = """
                  - path: \(folder.path)/api
                    cache_key: $request_uri|$request_body
                    host: shop.example

                """
            let environment = try environment
            try await CaseMachine.with(environment, folder, http: http, caches: caches, log: log) { machine in
                let visits = bodies.map { Visit(port: 8090, target: "/graphql", method: "POST", body: $0) }
                try await fill(visits, machine)
                machine.origin.publish(version: 2)
                try await environment.purge(#"{"files":["https://shop.example/graphql"]}"#)
                for visit in visits { #expect(try await version(visit) == "v2", "\(visit.body.prefix(40))") }
            }
        }
    }
}
