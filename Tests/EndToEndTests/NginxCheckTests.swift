import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import EdgePurgeCommand

/// `edge-purge nginx check` over what real nginx prints of its configuration.
@Suite(.timeLimit(.minutes(5))) struct NginxCheckTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var expectation: NginxExpectation {
        NginxExpectation(
            caches: [
                .init(path: folder.path + "/edge", keys: ["$scheme://$host$request_uri$slice_range"]),
                .init(path: folder.path + "/php", keys: ["$scheme$request_method$host$request_uri"]),
            ], fenceFile: folder.path + "/fence", accessLog: folder.path + "/edge-purge.log")
    }

    private func deployed(_ name: String) throws -> String {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try String(contentsOfFile: "/\(folder)/deploy/nginx/\(name)", encoding: .utf8)
            .replacing("/run/edge-purge/", with: self.folder.path + "/")
            .replacing("/var/cache/nginx/edge", with: self.folder.path + "/edge")
            .replacing("/var/log/nginx/edge-purge.log", with: self.folder.path + "/edge-purge.log")
    }

    /// A machine with the files of `deploy`, a site in front of HTTP, and WordPress beside it, with `edit` changed.
    private func findings(_ edit: (inout [String: String]) -> Void = { _ in }) async throws -> [NginxFinding] {
        let path = folder.path
        var files = [
            "nginx.conf": RealNginx.configuration(path, http: "include conf.d/*.conf; include sites/*;")
                .replacing("access_log off;", with: ""),
            "conf.d/edge-purge.conf": try deployed("edge-purge.conf"),
            "fence.conf": try deployed("edge-purge-fence.conf"),
            "ask.conf": try deployed("edge-purge-ask.conf"),
            "conf.d/php.conf": """
            fastcgi_cache_path \(path)/php levels=1:2 keys_zone=WORDPRESS:1m;
            map "" $php_key { volatile; default "$scheme$request_method$host$request_uri"; }
            log_format php escape=default
                '\(NginxConfiguration.fetchLogFormat.replacing("$edge_purge_key", with: "$php_key"))';
            """,
            "sites/shop": """
            server {
                listen unix:\(path)/shop.sock;
                include fence.conf;
                location / { proxy_cache edge; proxy_pass http://unix:\(path)/origin.sock:; }
                location /plain { proxy_pass http://unix:\(path)/origin.sock:; }
                location /off { proxy_cache off; proxy_pass http://unix:\(path)/origin.sock:; }
            }
            """,
            "sites/wordpress": #"""
            server {
                listen unix:\#(path)/wordpress.sock;
                include fence.conf;
                set $skip_cache 0;
                if ($query_string != "") { set $skip_cache 1; }
                location ~ \.php$ {
                    fastcgi_cache WORDPRESS;
                    fastcgi_cache_key "${scheme}$request_method$host$request_uri";
                    fastcgi_cache_valid 200 60m;
                    fastcgi_cache_bypass $skip_cache $edge_purge_fenced;
                    fastcgi_no_cache $skip_cache $edge_purge_fenced;
                    access_log \#(path)/edge-purge.log php;
                    fastcgi_pass unix:\#(path)/php.sock;
                }
            }
            """#,
        ]
        edit(&files)
        for directory in ["conf.d", "sites"] {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(directory)", withIntermediateDirectories: true)
        }
        for (name, text) in files { try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8) }
        let check = NginxCheck(NginxDump(try await RealNginx.dump(path), name: "-"), expectation)
        #expect(check.locations.count == 2)
        return check.findings
    }

    @Test func `the files of deploy are in order`() async throws { #expect(try await findings() == []) }

    /// What is wrong with a machine, and what is said about it.
    struct Fault: Sendable, CustomTestStringConvertible {
        var file: String
        var old: String
        var new: String
        var kinds: [NginxFinding.Kind]

        var testDescription: String { "\(file): \(new)" }
    }

    private static let faults = [
        Fault(
            file: "sites/wordpress", old: "fastcgi_cache_bypass $skip_cache $edge_purge_fenced;",
            new: "fastcgi_cache_bypass $skip_cache;", kinds: [.fenceOverridden]),
        Fault(
            file: "sites/wordpress", old: "fastcgi_no_cache $skip_cache $edge_purge_fenced;",
            new: "fastcgi_no_cache $skip_cache;", kinds: [.fenceOverridden]),
        // The snippet of version 0.1.0, under another module.
        Fault(
            file: "fence.conf", old: "scgi_cache_bypass", new: "proxy_cache_bypass $cookie_a; scgi_cache_bypass",
            kinds: []),
        Fault(file: "sites/shop", old: "include fence.conf;", new: "", kinds: [.fenceMissing]),
        Fault(file: "fence.conf", old: "/fence)", new: "/other)", kinds: [.fenceMissing, .fenceMissing]),
        Fault(
            file: "conf.d/php.conf", old: "/php levels", new: "/php2 levels",
            kinds: [.cachePathMissing, .cachePathUnknown]),
        Fault(
            file: "sites/wordpress", old: #""${scheme}$request_method$host$request_uri""#, new: "$host$uri",
            kinds: [.cacheKeyDiffers, .accessLogKey]),
        Fault(
            file: "sites/wordpress", old: #"fastcgi_cache_key "${scheme}$request_method$host$request_uri";"#, new: "",
            kinds: [.cacheKeyMissing]),
        Fault(
            file: "conf.d/edge-purge.conf", old: "proxy_cache_key $scheme", new: "#", kinds: [.cacheKeyMissing]),
        Fault(file: "sites/wordpress", old: "edge-purge.log php;", new: "other.log;", kinds: [.accessLogMissing]),
        Fault(file: "sites/wordpress", old: "edge-purge.log php;", new: "edge-purge.log;", kinds: [.accessLogFormat]),
        Fault(file: "sites/wordpress", old: "log php;", new: "log php buffer=4k;", kinds: [.accessLogBuffered]),
        Fault(file: "sites/wordpress", old: "log php;", new: "log edge_purge;", kinds: [.accessLogKey]),
        Fault(file: "conf.d/php.conf", old: "escape=default", new: "escape=none", kinds: [.accessLogFormat]),
        Fault(
            file: "conf.d/edge-purge.conf", old: NginxConfiguration.fetchLogFormat,
            new: "$msec|$request_time|$upstream_header_time|$upstream_cache_status|$edge_purge_key",
            kinds: [.accessLogFormat]),
        Fault(
            file: "sites/wordpress", old: "fastcgi_cache_valid 200 60m;",
            new: "fastcgi_cache_valid any 60m;", kinds: [.errorsInMemory]),
        Fault(
            file: "sites/wordpress", old: "fastcgi_cache_valid 200 60m;",
            new: "fastcgi_cache_valid 502 504 0; fastcgi_cache_valid any 60m;", kinds: []),
        Fault(
            file: "sites/shop", old: "location / {",
            new: "location / { proxy_intercept_errors on; error_page 404 410 =200 /gone;", kinds: [.errorsInMemory]),
        Fault(
            file: "sites/shop", old: "location / {",
            new: """
                location / { proxy_intercept_errors on; error_page 404 /gone; proxy_cache_valid 200 1m;
                    proxy_ignore_headers Cache-Control Expires X-Accel-Expires;
                """, kinds: []),
        Fault(
            file: "sites/shop", old: "location / {",
            new: """
                location / { proxy_intercept_errors on; error_page 404 /gone; proxy_cache_valid 404 1m;
                    proxy_ignore_headers Cache-Control Expires X-Accel-Expires;
                """, kinds: [.errorsInMemory]),
        // Two ways to hand the fence on.
        Fault(
            file: "sites/wordpress", old: "$skip_cache $edge_purge_fenced;",
            new: "$php_skip;\n if ($edge_purge_fenced) { set $skip_cache 1; }\n set $php_skip $skip_cache;", kinds: []),
    ]

    @Test(arguments: faults) func `what is wrong is found, and nothing else`(_ fault: Fault) async throws {
        let found = try await findings { files in
            let text = files[fault.file] ?? ""
            #expect(text.contains(fault.old))
            files[fault.file] = text.replacing(fault.old, with: fault.new)
        }
        #expect(found.map(\.kind) == fault.kinds, "\(found)")
    }

    @Test func `the program says it and has an exit code of its own`() async throws {
        let agent = folder.path + "/agent.yaml"
        try """
        kafka: {bootstrap_servers: "127.0.0.1:1"}
        caches:
          - {path: \(folder.path)/edge, cache_key: "$scheme://$host$request_uri$slice_range"}
          - {path: \(folder.path)/php, cache_key: "$scheme$request_method$host$request_uri"}
        fence: {file: \(folder.path)/fence}
        guard: {access_log: \(folder.path)/edge-purge.log}
        """.write(toFile: agent, atomically: true, encoding: .utf8)
        _ = try await findings()
        let dump = folder.path + "/dump"
        try await RealNginx.dump(folder.path).write(toFile: dump, atomically: true, encoding: .utf8)
        let good = try await Program.run("nginx", "check", "--config", agent, dump)
        #expect(good.status == 0 && good.output == "nothing found; 2 locations answer from a cache\n", "\(good)")
        let bad = try await Program.run(
            "nginx", "check", "--config", agent, "--set", "fence.file=/run/other", "--json", dump)
        #expect(bad.status == 5, "\(bad)")
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(bad.output.utf8))
        #expect(report["findings"].items.map { $0["kind"].text } == ["fence_missing", "fence_missing"])
        #expect(report["locations"].int == 2)
        let none = try await Program.run("nginx", "check", "--config", agent, agent)
        #expect(none.status == 1 && none.errors.contains("no http block"), "\(none)")
        let gone = try await Program.run("nginx", "check", "--config", agent, folder.path + "/gone")
        #expect(gone.status == 1 && gone.errors.contains("No such file"), "\(gone)")
    }

    @Test func `where keys are learnt any key is right`() async throws {
        _ = try await findings { files in
            files["sites/wordpress"] = files["sites/wordpress"]?.replacing(
                "${scheme}$request_method", with: "$cookie_a")
        }
        var learning = expectation
        let dump = NginxDump(try await RealNginx.dump(folder.path), name: "-")
        #expect(NginxCheck(dump, learning).findings.map(\.kind) == [.cacheKeyDiffers, .accessLogKey])
        for index in learning.caches.indices { learning.caches[index].learnsKeys = true }
        #expect(NginxCheck(dump, learning).findings.map(\.kind) == [.accessLogKey])
    }

    @Test func `where nginx is to ask, each location does, for its own key`() async throws {
        // The shop asks; WordPress has another key, and a bypass of its own.
        _ = try await findings { files in
            for name in ["sites/shop", "sites/wordpress"] {
                files[name] = files[name]?.replacing("include fence.conf", with: "include ask.conf")
            }
        }
        var asking = expectation
        asking.askMarker = folder.path + "/ask"
        let dump = NginxDump(try await RealNginx.dump(folder.path), name: "-")
        // The agent of a machine that does not ask keeps no marker.
        #expect(NginxCheck(dump, expectation).findings.map(\.kind) == [.fenceMissing, .fenceMissing])
        #expect(NginxCheck(dump, asking).findings.map(\.kind) == [.askOverridden, .askKeyDiffers])

        _ = try await findings { files in
            files["sites/shop"] = files["sites/shop"]?.replacing(
                "include fence.conf", with: "set $site shop; satisfy any; include ask.conf")
            files["sites/wordpress"] = files["sites/wordpress"]?
                .replacing("include fence.conf", with: "include ask.conf")
                .replacing("$skip_cache $edge_purge_fenced", with: "$skip_cache $edge_purge_fenced $edge_purge_waiting")
        }
        #expect(
            NginxCheck(NginxDump(try await RealNginx.dump(folder.path), name: "-"), asking).findings.map(\.kind)
                == [.askTooLate, .askOpens])
        _ = try await findings()
        #expect(
            NginxCheck(NginxDump(try await RealNginx.dump(folder.path), name: "-"), asking).findings.map(\.kind)
                == [.askMissing, .askMissing])
    }

    @Test(.enabled(if: AskSnippet.hasLua, AskSnippet.skipped))
    func `where nginx asks by Lua, each location does, for its own key`() async throws {
        func lua(_ files: inout [String: String]) throws {
            let modules = try #require(AskSnippet.lua.modules)
            files["nginx.conf"] = "\(modules)\n\(files["nginx.conf"] ?? "")"
            files["conf.d/lua.conf"] = try deployed("edge-purge-lua.conf")
            files["ask-lua.conf"] = try deployed("edge-purge-ask-lua.conf")
            for name in ["sites/shop", "sites/wordpress"] {
                files[name] = files[name]?.replacing("include fence.conf", with: "include ask-lua.conf")
            }
        }
        var asking = expectation
        asking.askMarker = folder.path + "/ask"
        func kinds() async throws -> [NginxFinding.Kind] {
            NginxCheck(NginxDump(try await RealNginx.dump(folder.path), name: "-"), asking).findings.map(\.kind)
        }
        _ = try await findings { try? lua(&$0) }
        #expect(try await kinds() == [.askOverridden, .askKeyDiffers])
        let variables = "$skip_cache $edge_purge_fenced $edge_purge_stale $edge_purge_unanswered"
        func good(_ files: inout [String: String]) {
            try? lua(&files)
            // The order does not matter, and the key may be set late.
            files["sites/wordpress"] = files["sites/wordpress"]?
                .replacing("$skip_cache $edge_purge_fenced", with: variables)
                .replacing(
                    "fastcgi_cache WORDPRESS;",
                    with: "fastcgi_cache WORDPRESS; set $edge_purge_question $scheme$request_method$host$request_uri;")
            files["sites/shop"] = files["sites/shop"]?.replacing("include", with: "set $site shop; include")
        }
        _ = try await findings { good(&$0) }
        #expect(try await kinds() == [])
        _ = try await findings { files in
            good(&files)
            files["sites/shop"] = files["sites/shop"]?
                .replacing("proxy_cache edge;", with: "proxy_cache edge; access_by_lua_block { return }")
        }
        #expect(try await kinds() == [], "nobody is asked, and it bypasses its cache")
        _ = try await findings { files in
            good(&files)
            files["sites/shop"] = files["sites/shop"]?.replacing(
                "proxy_cache edge;",
                with: "proxy_cache edge; access_by_lua_block { return } proxy_cache_bypass $cookie_a;")
        }
        #expect(try await kinds() == [.fenceMissing, .askMissing])
        asking.askMarker = "/run/other"
        #expect(try await kinds() == [.fenceMissing, .askMissing, .fenceMissing, .askMissing])
    }

    /// Attack: nginx made its own key of the path that the origin is asked for.
    ///
    /// agent.yaml named `$proxy_host`, so nothing was found, and purges by URL found nothing either.
    @Test(arguments: [("http://app", true), ("http://app/sub/", false), ("http://$name", false)])
    func `a key of nginx's own that no agent can take apart is told`(_ target: String, isUsable: Bool) {
        let text = """
            http {
                proxy_cache_path /cache keys_zone=edge:1m;
                server { location /shop/ { proxy_cache edge; proxy_pass \(target); } }
            }
            """
        let own = NginxExpectation(caches: [.init(path: "/cache", keys: ["$scheme$proxy_host$request_uri"])])
        let kinds = NginxCheck(NginxDump(text, name: "-"), own).findings.map(\.kind)
        #expect(kinds == (isUsable ? [] : [.cacheKeyMissing]))
    }

    // MARK: What the findings are about

    /// Attack: a page that was missing was asked for, then published and purged; the 404 stayed, and there was no file.
    @Test(arguments: [
        // Each way to keep an error in memory, and the same machine as the check advises.
        ("proxy_intercept_errors on; error_page 404 /gone;", true),
        ("proxy_intercept_errors off; error_page 404 /gone;", false),
        (
            """
            proxy_intercept_errors on; error_page 404 /gone; proxy_cache_valid 200 1h;
            proxy_ignore_headers Cache-Control Expires X-Accel-Expires;
            """, false
        ),
    ])
    func `an error that is replaced is kept where no purge finds it`(_ lines: String, isKept: Bool) async throws {
        let http = http(lines, origin: folder.path + "/origin.sock")
        try await RealNginx.with(folder, http: http) { nginx in
            #expect(try await nginx.answer("/page").status == 404)
            _ = FileManager.default.createFile(atPath: folder.path + "/published", contents: nil)
            func answerWithoutFiles() async throws -> UInt {
                for file in try cached() { try FileManager.default.removeItem(atPath: file) }
                return try await nginx.answer("/page").status
            }
            if isKept {
                let status = try await answerWithoutFiles()
                #expect(status == 404)
            } else {
                // nginx answers a moment before the file of the 404 is there.
                try await eventually("nothing but a file keeps the 404") { try await answerWithoutFiles() == 200 }
            }
        }
        try expectErrors(http, isKept)
    }

    @Test(arguments: [
        ("proxy_cache_valid any 1h;", true), ("proxy_cache_valid 502 504 0; proxy_cache_valid any 1h;", false),
        ("proxy_cache_valid 200 1h;", false),
    ])
    func `an error of nginx's own is kept where no purge finds it`(_ lines: String, isKept: Bool) async throws {
        let http = http(lines, origin: folder.path + "/late.sock")
        try await RealNginx.with(folder, http: http) { nginx in
            #expect(try await nginx.answer("/page").status == 502)
            #expect(try cached() == [])
            try await TinyOrigin.with(.proxy, at: folder.path + "/late.sock") { _ in
                let answer = try await nginx.answer("/page")
                #expect(answer.status == (isKept ? 502 : 200))
            }
        }
        try expectErrors(http, isKept)
    }

    private func expectErrors(_ http: String, _ areKept: Bool) throws {
        let text = RealNginx.configuration(folder.path, http: http)
        let own = NginxExpectation(caches: [.init(path: folder.path + "/cache", keys: ["$request_uri"])])
        let kinds = NginxCheck(NginxDump(text, name: "-"), own).findings.map(\.kind)
        #expect(kinds == (areKept ? [.errorsInMemory] : []))
    }

    private func http(_ lines: String, origin: String) -> String {
        """
        proxy_cache_path \(folder.path)/cache levels=1:2 keys_zone=edge:1m;
        server {
            listen unix:\(RealNginx.socket(in: folder.path));
            location / {
                proxy_cache edge; proxy_cache_key $request_uri; proxy_pass http://unix:\(origin):;
                \(lines)
            }
            location = /gone { return 404 "gone"; }
        }
        server {
            listen unix:\(folder.path)/origin.sock;
            add_header Cache-Control max-age=3600 always;
            if (!-f \(folder.path)/published) { return 404 "not yet"; }
            return 200 "page";
        }
        """
    }

    private func cached() throws -> [String] {
        let cache = folder.path + "/cache"
        return try FileManager.default.subpathsOfDirectory(atPath: cache).map { "\(cache)/\($0)" }.filter { path in
            try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeRegular
        }
    }
}
