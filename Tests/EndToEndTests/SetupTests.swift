import Foundation
import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// `edge-purge setup agent` with real nginx: what it writes passes every check, and is not written twice.
@Suite(.timeLimit(.minutes(10))) struct SetupTests {
    private let machine: SetupMachine

    init() throws { machine = try SetupMachine() }

    private var path: String { machine.path }

    // MARK: Drawn configurations

    /// What setup makes of a configuration is what a person wrote into agent.yaml for it.
    @Test func `drawn configurations are set up, and pass every check`() async throws {
        let plan = CasePlan()
        for number in 0..<max(24, plan.count) {
            let what = "SEED=\(plan.seed), configuration \(number)"
            let machine = try SetupMachine()
            var generator = CaseGenerator(plan.generator(number), number: number)
            let cache = generator.cache(hasLog: true, network: "127.0.8", port: 20_000 + number)
            let log = ["access_log off;", "", "access_log \(machine.path)/access.log;"][number % 3]
            let http = RealNginx.configuration(
                machine.path, http: CaseKey.maps + cache.nginx(in: machine.path, log: nil)
            ).replacing("access_log off;", with: log)
            try machine.write("nginx.conf", http)
            let options = number % 2 == 0 ? [] : ["--ask"]
            let done = try await machine.setup(["--write"] + options)
            #expect(done.status == 0, "\(done.errors) \(done.output) \(what)\n\(http)")
            guard done.status == 0 else { continue }
            try await machine.expectDone(options, what)
            try expect(machine, cache, what)
        }
    }

    private func expect(_ machine: SetupMachine, _ cache: CacheCase, _ what: String) throws {
        let found = try #require(try machine.configuration().caches.first)
        #expect(found.path == cache.path(in: machine.path), "\(what)")
        #expect(found.learnsNames == cache.keys.contains(where: \.isLearnt), "\(found) \(what)")
        for key in cache.keys where key.agent != "learn" {
            #expect(found.cacheKeys.contains(key.agent), "\(found) has \(key.agent); \(what)")
        }
        let needsHost = cache.keys.contains { $0.needsHost && $0.agent != "learn" }
        #expect(
            found.hosts == (needsHost ? cache.fixedHosts.isEmpty ? ["cases.example"] : cache.fixedHosts : []),
            "\(found) \(what)")
        // None takes more than it names, but where text of the visitor's stands right behind the path.
        for template in try found.templates() where !template.description.contains(/(request_uri|args)\$(http|cookie)_/)
        {
            let warnings = template.warnings.filter { !$0.contains("does not count") }
            #expect(warnings == [], "\(template) \(what)")
        }
    }

    // MARK: A machine as people have it

    /// A shop, its API, and WordPress beside it, in files that are linked.
    private func makeSites() throws {
        try machine.write(
            "nginx.conf",
            RealNginx.configuration(
                path,
                http: """
                    open_file_cache max=100;
                    access_log \(path)/access.log;
                    proxy_cache_bypass $cookie_nocache;
                    include conf.d/*.conf; include sites-enabled/*;
                    """
            ).replacing("access_log off;", with: ""))
        try machine.write(
            "conf.d/caches.conf",
            """
            proxy_cache_path \(path)/edge levels=1:2 keys_zone=edge:1m use_temp_path=off;
            fastcgi_cache_path php keys_zone=WORDPRESS:1m;
            map $http_user_agent $mobile { default ""; ~Mobile mobile; }
            """)
        try machine.write(
            "sites-available/shop",
            """
            upstream backend { server unix:\(path)/origin.sock; }
            server {
                listen unix:\(path)/shop.sock;
                server_name shop.example www.shop.example; # both
                location / {
                    proxy_cache edge;
                    proxy_cache_key $scheme$request_method$mobile$host$request_uri;
                    proxy_pass http://backend;
                }
                location /api/ { proxy_cache edge; access_log off; proxy_pass http://backend; }
                location /static/ { root /srv; }
            }
            """)
        try machine.write(
            "sites-available/wordpress",
            #"""
            server {
                listen unix:\#(path)/wordpress.sock;
                server_name _;
                open_file_cache max=10; gzip on;
                set $skip_cache 0;
                if ($query_string != "") { set $skip_cache 1; }
                location / { try_files $uri $uri/ /index.php?$args; }
                location ~ \.php$ {
                    fastcgi_cache WORDPRESS;
                    fastcgi_cache_key "$scheme$request_method$host$request_uri";
                    fastcgi_cache_valid 200 60m;
                    fastcgi_cache_bypass $skip_cache;
                    fastcgi_no_cache $skip_cache;
                    fastcgi_pass unix:\#(path)/php.sock;
                }
            }
            """#)
        try FileManager.default.createDirectory(atPath: path + "/sites-enabled", withIntermediateDirectories: true)
        for name in ["shop", "wordpress"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(path)/sites-enabled/\(name)", withDestinationPath: "../sites-available/\(name)")
        }
    }

    @Test(arguments: [[], ["--ask"]])
    func `a shop and WordPress are set up`(_ options: [String]) async throws {
        try makeSites()
        let proposed = try await machine.setup(options)
        #expect(proposed.status == 7 && proposed.output.contains("+++ \(path)/agent.yaml"), "\(proposed)")
        #expect(!FileManager.default.fileExists(atPath: path + "/agent.yaml"))
        let done = try await machine.setup(options + ["--write"])
        #expect(done.status == 0, "\(done)")
        try await machine.expectDone(options, "")

        let caches = try machine.configuration().caches
        #expect(caches.map(\.path) == [path + "/edge", path + "/php"])
        #expect(
            caches[0].cacheKeys
                == ["$scheme$request_method$mobile$host$request_uri", "$scheme$proxy_host$request_uri"])
        #expect(caches[0].hosts == ["shop.example", "www.shop.example"])
        #expect(caches[0].values == ["mobile": .oneOf(["", "mobile"])])
        #expect(caches[1].hosts == [] && !caches[1].learnsNames)
        // What was in force before still is: the visitor's own bypass, and their log.
        let dump = NginxDump(try await RealNginx.dump(path), name: "-")
        let locations = NginxLocation.all(in: dump.directives)
        let shop = locations.filter { $0.module == .proxy && $0.server?.children("server_name").isEmpty == false }
        for location in shop where location.upstream?.origin == "http://backend" {
            let bypass = location.inForce("proxy_cache_bypass").flatMap(\.arguments)
            #expect(bypass.contains("$cookie_nocache"), "\(bypass)")
            let logs = location.inForce("access_log").map { $0.arguments[0] }
            #expect(logs.contains(path + "/access.log") == (location.levels.last?.arguments != ["/api/"]), "\(logs)")
        }
        // A link stays a link, and what was there is beside its file.
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: path + "/sites-enabled/shop")
        #expect(link == "../sites-available/shop")
        let files = try FileManager.default.contentsOfDirectory(atPath: path + "/sites-available")
        #expect(files.filter { $0.hasPrefix(".shop.") }.count == 1, "\(files)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/sites-enabled").count == 2)
    }

    @Test func `a running nginx takes it, and logs for the agent`() async throws {
        let http = """
            proxy_cache_path \(path)/edge keys_zone=edge:1m;
            server {
                listen unix:\(RealNginx.socket(in: path)); server_name shop.example;
                location / {
                    proxy_cache edge; proxy_cache_key $host$request_uri; proxy_pass http://unix:\(path)/origin.sock:;
                }
            }
            """
        try await TinyOrigin.with(.proxy, at: path + "/origin.sock") { _ in
            try await RealNginx.with(machine.folder, http: http) { nginx in
                let done = try await machine.setup(["--write", "--reload", "--json"])
                let report = try JSONDecoder().decode(JSONValue.self, from: Data(done.output.utf8))
                #expect(done.status == 0 && report["reloaded"] == .bool(true), "\(done)")
                try await eventually("nginx logs the key of the page") {
                    // A worker that ends may close the connection.
                    _ = try? await nginx.answer("/page")
                    return try machine.text("edge-purge.log").contains("|\"shop.example/page\"\n")
                }
            }
        }
    }

    @Test func `one that only fenced can be made to ask`() async throws {
        try makeSites()
        #expect(try await machine.setup(["--write"]).status == 0)
        #expect(try await machine.setup(["--write", "--ask"]).status == 0)
        try await machine.expectDone(["--ask"], "")
        let ask = try machine.configuration().ask
        #expect(ask.socket == "/run/edge-purge/ask.sock" && ask.marker == "/var/lib/edge-purge/ask")
    }

    @Test func `what nginx does not take is taken back`() async throws {
        try makeSites()
        try machine.write(
            "agent.yaml", "kafka: {bootstrap_servers: \"k:1\"}\ncaches:\n- path: /c\n  cache_key: $host$uri\n")
        try machine.write(
            "nginx", "#!/bin/sh\nfor a; do [ \"$a\" != -t ] || { echo no >&2; exit 1; }; done\nexec nginx \"$@\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path + "/nginx")
        let before = try machine.everything()
        let failed = try await machine.setup(
            ["--write"], nginx: machine.nginx.replacing("nginx -p", with: "\(path)/nginx -p"))
        #expect(failed.status == 1 && failed.errors.contains("taken back:\nno"), "\(failed)")
        let after = try machine.everything()
        #expect(!FileManager.default.fileExists(atPath: path + "/edge-purge"), "directories too")
        #expect(after == before, "\(Set(after.keys).symmetricDifference(before.keys))")
    }

    @Test func `a file that has changed meanwhile is left alone`() async throws {
        try makeSites()
        let dump = path + "/dump"
        try await RealNginx.dump(path).write(toFile: dump, atomically: true, encoding: .utf8)
        try machine.write("sites-available/shop", try machine.text("sites-available/shop") + "# mine\n")
        let before = try machine.everything()
        let late = try await machine.setup(["--write", "--dump", dump])
        #expect(late.status == 1 && late.errors.contains("is not what was read"), "\(late)")
        #expect(try machine.everything() == before)
    }

    /// Attack: a comment in Latin-1 kept all of a file from being changed.
    @Test func `bytes that are no text stay where their line does`() async throws {
        try makeSites()
        let file = URL(fileURLWithPath: path + "/sites-available/shop")
        let comment = Data([0x23, 0x20, 0x66, 0xFC, 0x72, 0x0A])
        try (comment + Data(contentsOf: file)).write(to: file)
        let done = try await machine.setup(["--write"])
        #expect(done.status == 0, "\(done)")
        #expect(try Data(contentsOf: file).starts(with: comment))
        // A line that would have to be changed, and two that are the same where they are shown.
        let own = URL(fileURLWithPath: path + "/plain.conf")
        let files: [([UInt8], String)] = [
            ([0x61, 0xFC, 0x0A], "b"), ([0x61, 0xFC, 0x0A, 0x61, 0xE4, 0x0A], "b\n"),
        ]
        for (old, new) in files {
            let text = String(decoding: old, as: UTF8.self)
            try Data(old).write(to: own)
            let change = SetupChange(path: own.path, old: text, new: new + text)
            await #expect(throws: CommandFailure.self) { _ = try await SetupWriter.write([change]) }
            #expect(try Data(contentsOf: own) == Data(old))
        }
    }

    /// Attack: a comment that reads as nginx's own lines between files cut a file in two.
    @Test func `a comment like the name of a file is a comment`() async throws {
        try makeSites()
        let site = try machine.text("sites-available/shop")
        try machine.write("sites-available/shop", "# configuration file /a/b:\n" + site)
        let done = try await machine.setup(["--write"])
        #expect(done.status == 0, "\(done)")
        try await machine.expectDone([], "")
        #expect(try machine.configuration().caches.count == 2)
        #expect(try machine.text("sites-available/shop").hasPrefix("# configuration file /a/b:\n"))
    }

    /// What an agent's unit needs for its caches, beside nginx's user.
    @Test(arguments: [
        ("", "/tmp/edge", ["PrivateTmp=no", "ReadWritePaths=\"/tmp/edge\"", "User=www"]),
        ("user shop staff;", "/home/shop/edge", ["ProtectHome=no", "User=shop", "Group=staff"]),
        ("user www-data;", "/var/cache/nginx/edge", []),
    ])
    func `the unit gets what its sandbox hides, and nginx's own user`(
        _ user: String, _ cache: String, _ lines: [String]
    ) throws {
        let dump = NginxDump(
            """
            \(user)
            http {
                proxy_cache_path \(cache) keys_zone=edge:1m;
                server { location / { proxy_cache edge; proxy_cache_key $host$uri; proxy_pass http://o; } }
            }
            """, name: path + "/nginx.conf")
        let wishes = AgentSetup.Wishes(
            configuration: path + "/agent.yaml", snippets: path + "/edge-purge", units: path + "/units")
        let setup = try AgentSetup(
            dump, NginxBuild("configure arguments: --user=www --group=www", prefix: nil), wishes, existing: nil)
        let unit = setup.changes.first { $0.path.hasSuffix("edge-purge-agent.service.d/nginx.conf") }
        #expect((unit == nil) == lines.isEmpty)
        let found = unit?.new.split(separator: "\n").map(String.init) ?? []
        #expect(lines.allSatisfy(found.contains), "\(found)")
    }

    @Test func `what a person wrote into agent yaml stays`() async throws {
        try makeSites()
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let example = try String(contentsOfFile: "/\(folder)/config/agent.yaml", encoding: .utf8)
            .replacing("#region:", with: "region: fra1")
            .replacing(
                "- path: /var/cache/nginx/edge", with: "- path: \(path)/edge\n    host: [shop.example, old.example]")
        try machine.write("agent.yaml", example)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path + "/agent.yaml")
        let done = try await machine.setup(["--write", "--comma-tags", "X-Shop-Tags"])
        #expect(done.status == 0, "\(done)")
        try await machine.expectDone([], "")
        let now = try machine.configuration()
        #expect(now.region == "fra1" && now.kafka.bootstrapServers == "127.0.0.1:9092")
        #expect(now.caches[0].hosts == ["shop.example", "old.example", "www.shop.example"])
        #expect(now.caches[0].cacheKeys.first == "$scheme://$host$request_uri$slice_range")
        #expect(now.tagHeaders.headers.contains { $0.name == "X-Shop-Tags" && $0.separator == .comma })
        #expect(now.tagHeaders.headers.contains { $0.name == "Cache-Tag" })
        let text = try machine.text("agent.yaml")
        #expect(text.contains("# How cache tags are found in stored responses"))
        #expect(text.contains("  #  reclaim") == example.contains("  #  reclaim"))
        let mode = try FileManager.default.attributesOfItem(atPath: path + "/agent.yaml")[.posixPermissions] as? Int
        #expect(mode == 0o640)
    }

    // MARK: What cannot be purged

    /// One location in the shop's server, and what is said of it.
    private struct Site: Sendable, CustomTestStringConvertible {
        var location: String
        var server = "server_name shop.example;"
        var options: [String] = []
        var says: String
        var status: Int32 = 0

        var testDescription: String { location }
    }

    private static let sites = [
        Site(location: "proxy_pass http://o/app/;", says: "the path that the upstream is asked for", status: 5),
        Site(
            location: "proxy_cache_key $host$request_uri; proxy_pass http://o/app/;", says: "Written."),
        Site(location: "set $up o; proxy_pass http://$up;", says: "proxy_pass, which has a variable", status: 5),
        Site(location: "proxy_cache_key $uri; proxy_pass http://o;", server: "server_name _;", says: "has no host"),
        Site(
            location: "proxy_cache_key $uri; proxy_pass http://o;", server: "server_name *.a.example;",
            options: ["--no-log"], says: "do not find what is stored here", status: 5),
        Site(
            location: "proxy_cache_key $uri; proxy_pass http://o;", server: "server_name _;",
            options: ["--host", "shop.example"], says: "Written."),
        Site(location: "proxy_cache_key $host$hashed; proxy_pass http://o;", says: "learns the names"),
        Site(
            location: "proxy_cache_key $host$hashed; proxy_pass http://o;", options: ["--no-log"],
            says: "nobody can tell host and path", status: 5),
        Site(
            location: "proxy_cache_key $request_id$host$request_uri; proxy_pass http://o;",
            says: "is another one for each request"),
        Site(
            location: "add_header Cache-Tag x; proxy_cache_key $host$request_uri; proxy_pass http://o;",
            says: "does not store it"),
        Site(
            location:
                "proxy_cache_key $host$request_uri; proxy_intercept_errors on; error_page 404 /x; proxy_pass http://o;",
            says: "may be cached in memory only", status: 5),
        Site(location: "fastcgi_pass o;", says: "under one empty key", status: 5),
    ]

    @Test(arguments: sites) private func `what cannot be purged is told, with what to do`(_ site: Site) async throws {
        let module = site.location.contains("fastcgi_pass") ? "fastcgi" : "proxy"
        try machine.write(
            "nginx.conf",
            RealNginx.configuration(
                path,
                http: """
                    \(module)_cache_path \(path)/edge keys_zone=edge:1m;
                    upstream o { server unix:\(path)/o.sock; }
                    map $request_uri $hashed { "~^/(.*)$" "x$1"; }
                    server {
                        listen unix:\(path)/shop.sock; \(site.server)
                        location /v2/ { \(module)_cache edge; \(site.location) }
                    }
                    """))
        let done = try await machine.setup(["--write"] + site.options)
        #expect(done.status == site.status, "\(done)")
        #expect(done.output.contains(site.says), "\(done.output)")
        if site.status == 0 { try await machine.expectDone(site.options, "") }
    }

    @Test func `a site's own password stays where nginx asks, and so does its auth request`() async throws {
        let asked = "proxy_cache edge; proxy_cache_key $host$request_uri; proxy_pass http://unix:\(path)/o.sock;"
        try machine.write(
            "nginx.conf",
            RealNginx.configuration(
                path,
                http: """
                    proxy_cache_path \(path)/edge keys_zone=edge:1m;
                    server {
                        listen unix:\(path)/a.sock; server_name a.example; auth_request /auth;
                        location = /auth { internal; proxy_pass http://unix:\(path)/auth.sock; }
                        location / { \(asked) }
                    }
                    server {
                        listen unix:\(path)/b.sock; server_name b.example;
                        location = /auth { internal; proxy_pass http://unix:\(path)/auth.sock; }
                        location /own/ { auth_request /auth; \(asked) }
                        location /open/ { satisfy any; allow all; \(asked) }
                        location / { \(asked) }
                    }
                    """))
        #expect(try await machine.setup(["--write", "--ask"]).status == 0)
        try await machine.expectDone(["--ask"], "")
        let dump = NginxDump(try await RealNginx.dump(path), name: "-")
        let asks = NginxLocation.all(in: dump.directives).filter { $0.zone == "edge" }.map {
            $0.inForce("auth_request").last?.arguments.first ?? ""
        }
        #expect(asks == ["/auth", "/auth", "/_edge_purge/ask", "/_edge_purge/ask"])
    }

    /// Two servers share a cache without a host in its key, and only one says its name: the other one's visitors were
    /// told of in the first run, and forgotten in the second.
    @Test func `hosts of one server are not taken for those of another`() async throws {
        let location = "location / { proxy_cache edge; proxy_cache_key $uri; proxy_pass http://unix:\(path)/o.sock; }"
        try machine.write(
            "nginx.conf",
            RealNginx.configuration(
                path,
                http: """
                    proxy_cache_path \(path)/edge keys_zone=edge:1m;
                    server { listen unix:\(path)/a.sock; server_name _; \(location) }
                    server { listen unix:\(path)/b.sock; server_name shop.example; \(location) }
                    """))
        #expect(try await machine.setup(["--write"]).status == 0)
        let cache = try #require(try machine.configuration().caches.first)
        #expect(cache.cacheKeys == ["learn", "$uri"] && cache.hosts == ["shop.example"])
        try await machine.expectDone([], "")
        let strict = try await machine.setup(["--no-log"])
        #expect(strict.output.contains("may be asked for any"), "\(strict)")
    }

    @Test func `scripts get one object`() async throws {
        try makeSites()
        let proposed = try await machine.setup(["--json"])
        #expect(proposed.status == 7)
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(proposed.output.utf8))
        #expect(report["written"] == .bool(false) && report["caches"].items.count == 2)
        let keys = report["caches"].items[0]["keys"].items
        #expect(keys.map { $0["reading"].text } == ["template", "template"])
        #expect(keys[1]["location"].text == "location /api/", "\(keys)")
        #expect(report["changes"].items.contains { $0["file"].text == path + "/agent.yaml" })
    }
}
