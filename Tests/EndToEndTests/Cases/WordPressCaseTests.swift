import Foundation
import TestSupport
import Testing

@testable import EdgePurgeCommand

extension EndToEndTests {
    /// A site on real PHP behind `fastcgi_cache`, with the key and the headers that guides for WordPress have.
    @Suite(.enabled(if: PHPSite.isPossible, "needs php-fpm")) struct WordPressCaseTests: SharesEnvironment {
        private static let host = "blog.shop.example"
        private static let script = #"""
            <?php
            $path = $_SERVER['REQUEST_URI'];
            $version = trim(file_get_contents(__DIR__ . '/version'));
            header_remove('X-Powered-By');
            if (str_starts_with($path, '/tag-first')) header('Cache-Tag: post-7,first');
            if (str_starts_with($path, '/warning')) error_log("PHP Warning:  odd in theme.php on line 3\n#0 main\n\n");
            header('Content-Type: text/html; charset=UTF-8');
            if (str_starts_with($path, '/tag-last')) header('Cache-Tag: post-7,last');
            if (str_starts_with($path, '/warning')) header('Cache-Tag: post-7,warned');
            if (str_starts_with($path, '/not-found')) { http_response_code(404); header('Cache-Tag: post-7,gone'); }
            if (str_starts_with($path, '/policy')) {
                header('Content-Security-Policy: ' . str_repeat("img-src 'self' https://images.example; ", 60));
                for ($i = 0; $i < 600; $i++) $tags[] = sprintf('term-%05d', $i);
                header('Cache-Tag: post-7,' . implode(',', $tags));
            }
            header('Cache-Control: max-age=3600');
            echo "v$version";
            """#

        private let folder: TemporaryDirectory
        /// PHP tells no `Date`: without the log it could not be proved that a page is newer than a purge of everything
        /// of the minute before, by another test, and it would be purged once more when that one's guard ends.
        private var log: String { folder.path + "/fetch.log" }
        private let visitor = RawVisitor(
            address: "127.\(Int.random(in: 1...254)).\(Int.random(in: 0...254)).1", port: 8080)

        init() throws { folder = try TemporaryDirectory() }

        private func publish(_ version: Int) throws {
            try "\(version)\n".write(toFile: folder.path + "/version", atomically: true, encoding: .utf8)
        }

        private func answer(_ target: String) async throws -> String {
            let answer = try await visitor.ask(Array(target.utf8), headers: [("Host", Self.host)])
            return "\(answer.status) \(answer.text("x-cache-status")) \(String(decoding: answer.body, as: UTF8.self))"
        }

        private func expect(_ target: String, _ expected: String) async throws {
            let found = try await answer(target)
            #expect(found == expected, "\(target)")
        }

        private func fill(_ targets: [String]) async throws {
            for target in targets {
                try await eventually("\(target) is cached") { try await answer(target).contains(" HIT ") }
            }
        }

        /// Attack: of a page that php-fpm had answered the agent knew no tags, or all but one that a record had cut, so
        /// that purges by tag were confirmed and the page stayed.
        @Test func `a page of PHP is purged by each of its tags, by URL, and with everything`() async throws {
            let environment = try environment
            let targets = ["/tag-first", "/tag-last", "/warning", "/not-found", "/policy", "/caf%C3%A9?p=7"]
            let caches = """
                  - path: \(folder.path)/cache
                    cache_key: $scheme$request_method$host$request_uri

                """
            try publish(1)
            try await PHPSite.with(folder.path, script: Self.script) {
                try await CaseMachine.with(environment, folder, http: http(), caches: caches, log: log) { _ in
                    try await fill(targets)
                    try publish(2)
                    try await environment.purge(#"{"tags":["post-7"]}"#)
                    for target in targets.dropLast() {
                        let status = target == "/not-found" ? 404 : 200
                        try await expect(target, "\(status) MISS v2")
                    }
                    try await expect("/caf%C3%A9?p=7", "200 HIT v1")

                    // Each tag of a header that is longer than a record is known, and so is the one at its border.
                    try await fill(["/policy?2"])
                    try publish(3)
                    try await environment.purge(#"{"tags":["term-00599"]}"#)
                    #expect(try await answer("/policy?2").hasSuffix(" v3"))

                    let url = "https://\(Self.host)/caf%c3%a9?p=7"
                    try await environment.purge("{\"files\":[\"\(url)\"]}")
                    try await expect("/caf%C3%A9?p=7", "200 MISS v3")

                    try await fill(targets)
                    try publish(4)
                    try await environment.purge(#"{"purge_everything":true}"#)
                    for target in targets { #expect(try await answer(target).hasSuffix(" v4"), "\(target)") }
                }
            }
        }

        /// Attack: the lines for nginx's configuration stopped proxy_cache only, so that a machine that was out of
        /// service went on answering from its fastcgi_cache.
        @Test func `a machine out of service answers past the cache`() async throws {
            let environment = try environment
            let cache = environment.ready.caches[0]
            let configuration = try environment.configuration(of: cache)
            let file = try configuration.firstMatch(of: /fence:\n(?:  .*\n)*?  file: "(.*)"\n/).required.1
            let caches = """
                  - path: \(folder.path)/cache
                    cache_key: $scheme$request_method$host$request_uri

                """
            try publish(1)
            try await PHPSite.with(folder.path, script: Self.script) {
                let http = http(NginxConfiguration.fenceSnippet(file: String(file)))
                try await CaseMachine.with(environment, folder, http: http, caches: caches) { _ in
                    try await fill(["/tag-last"])
                    #expect(try await Program.run("fence", "--admin-socket", cache.adminSocket).status == 0)
                    try publish(2)
                    try await expect("/tag-last", "200 BYPASS v2")
                    try await environment.purge(#"{"tags":["post-7"]}"#)
                    #expect(try await Program.run("unfence", "--admin-socket", cache.adminSocket).status == 0)
                    try await eventually("the cache is in use") { try await answer("/tag-last").contains(" HIT ") }
                    #expect(try await answer("/tag-last").hasSuffix(" v2"))
                }
            }
        }

        private func http(_ snippet: String = "") -> String {
            """
            fastcgi_cache_path \(folder.path)/cache levels=1:2 keys_zone=WORDPRESS:16m inactive=60m;
            fastcgi_cache_key "$scheme$request_method$host$request_uri";
            fastcgi_cache_use_stale error timeout invalid_header http_500;
            fastcgi_cache_valid 200 301 302 404 60m;
            map "" $edge_purge_key { volatile; default "$scheme$request_method$host$request_uri"; }
            log_format edge_purge escape=default '\(NginxConfiguration.fetchLogFormat)';
            fastcgi_buffers 16 32k; fastcgi_buffer_size 32k; fastcgi_busy_buffers_size 64k;
            server {
                listen \(visitor.address):\(visitor.port);
                access_log \(log) edge_purge;
                \(snippet)
                location / {
                    fastcgi_pass unix:\(PHPSite.socket(in: folder.path));
                    fastcgi_param SCRIPT_FILENAME \(PHPSite.script(in: folder.path));
                    fastcgi_param REQUEST_URI $request_uri; fastcgi_param REQUEST_METHOD $request_method;
                    fastcgi_param SERVER_PROTOCOL $server_protocol; fastcgi_param QUERY_STRING $query_string;
                    fastcgi_cache WORDPRESS;
                    add_header X-Cache-Status $upstream_cache_status always;
                }
            }
            """
        }
    }
}
