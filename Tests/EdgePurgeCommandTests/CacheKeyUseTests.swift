import Testing

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// What setup makes of the forms of keys that people have.
@Suite struct CacheKeyUseTests {
    private func use(_ key: String, http: String = "", server: String = "") throws -> CacheKeyUse {
        let text = """
            http { \(http)
              map $http_x_device $mobile { default ""; phone mobile; }
              map $http_x_country $geo_country { default $http_x_country; }
              map $host $site { hostnames; default $host; }
              map $request_uri $cache_uri { default $request_uri; ~^/a /b; }
              server { server_name shop.example; \(server)
                location / {
                  proxy_cache z; \(key.isEmpty ? "" : "proxy_cache_key \"\(key)\";") proxy_pass http://o:80; } } }
            """
        let dump = NginxDump(text, name: "f")
        return CacheKeyUse(
            try #require(NginxLocation.all(in: dump.directives).first),
            http: dump.directives.filter { $0.name == "http" })
    }

    private enum Answer: Sendable, Equatable {
        case template([String: CacheKeyVariable], host: Bool), learnt
    }

    private static let forms: [(String, Answer)] = [
        ("$scheme$request_method$host$request_uri", .template([:], host: false)),
        ("$scheme$request_method$host$request_uri$mobile", .template(["mobile": .oneOf(["", "mobile"])], host: false)),
        ("$scheme$request_method$mobile$host$request_uri", .template(["mobile": .oneOf(["", "mobile"])], host: false)),
        // What stands before the scheme is told from it without a list.
        ("$mobile$scheme$request_method$host$request_uri", .template([:], host: false)),
        ("$scheme://$host$request_uri$is_args$args", .template([:], host: false)),
        ("$host$request_uri$is_args$args$http_token", .template([:], host: false)),
        ("$request_uri$http_x_authorization", .template([:], host: true)),
        ("$scheme$proxy_host$request_uri$cookie_session", .template([:], host: true)),
        ("$http_x_forwarded_proto$scheme$host$request_uri", .template([:], host: false)),
        ("$http_x_forwarded_proto://$host$request_uri", .template([:], host: false)),
        (
            "$request_method|$http_if_modified_since|$http_if_none_match|$host|$request_uri",
            .template([:], host: false)
        ),
        ("$request_method|$server_addr:$server_port$request_uri|$cookie_phpsessid", .template([:], host: true)),
        ("$uri$is_args$args", .template([:], host: true)),
        ("$host$uri", .template([:], host: false)),
        ("$request_uri", .template([:], host: true)),
        ("$geo_country|$cookie_exp|$scheme://$host$request_uri", .template([:], host: false)),
        ("$scheme://$host$uri?w=$arg_w&h=$arg_h", .template([:], host: false)),
        ("$scheme$host:$server_port$request_uri", .template([:], host: false)),
        ("$http_x_forwarded_host$request_uri", .template([:], host: false)),
        ("$site$request_uri", .template(["site": .same("host")], host: false)),
        ("$host$cache_uri", .learnt), ("$host$made_by_lua", .learnt), ("$cookie_a", .learnt), ("fixed", .learnt),
    ]

    @Test(arguments: forms) private func `keys are read as far as they can be`(_ key: String, _ answer: Answer) throws {
        let use = try use(key)
        #expect(use.key == key && use.logged == key && !use.isRewritten)
        switch (use.reading, answer) {
        case (.template(let values), .template(let expected, let host)):
            #expect(values == expected && use.needsHost == host, "\(use)")
        case (.learnt, .learnt): break
        default: Issue.record("\(use)")
        }
    }

    @Test func `nginx's own key has the name in proxy_pass`() throws {
        let use = try use("")
        #expect(use.key == "$scheme$proxy_host$request_uri" && use.logged == "http://o$request_uri" && use.needsHost)
        #expect(NginxUpstream("https://o:443/a")?.origin == "https://o")
        #expect(NginxUpstream("http://o:8080")?.origin == "http://o:8080")
        #expect(NginxUpstream("http://unix:/run/a.sock:/b")?.origin == "http://unix:/run/a.sock:")
        #expect(NginxUpstream("http://unix:/run/a.sock:/b")?.path == "/b")
        #expect(NginxUpstream("http://$o") == nil)
    }

    @Test(arguments: [
        ("rewrite ^/a /b last;", true), ("rewrite ^/a https://b.example/ permanent;", false),
        ("location /x { rewrite ^ /y break; }", false), ("location /x { rewrite ^ /y; }", true),
        ("location /x { try_files $uri /index.php; }", true), ("location /x { try_files $uri @app; }", false),
        ("error_page 404 /missing;", true), ("error_page 404 = @app;", false), ("index index.html;", false),
        ("index index.php;", true), ("if ($a) { rewrite ^ /y last; }", true),
    ])
    func `a path that may have been rewritten is told`(_ server: String, _ isRewritten: Bool) throws {
        #expect(try use("$host$uri", server: server).isRewritten == isRewritten)
        #expect(try !use("$host$request_uri", server: server).isRewritten)
    }

    /// Each of them was taken for what `set` says, and purges of what was stored under another value found nothing.
    @Test(arguments: [
        "auth_request_set $p $upstream_http_x_t;", "if ($http_user_agent ~ (?<p>iPhone|iPad)) { }",
        "location ~ ^/(?P<P>cap)/ { }", "rewrite ^/rw/(?'p'[a-z]+)/ /x/ break;", "set_by_lua_block $p { return 1 }",
        "rewrite_by_lua_block { ngx.var.p = [[zz]] }", "access_by_lua_file /a.lua;",
    ])
    func `what only a request can tell is no list`(_ line: String) throws {
        #expect(
            try use("$p$host$request_uri", server: #"set $p "";"#).reading == .template(values: ["p": .oneOf([""])]))
        #expect(try use("$p$host$request_uri", server: #"set $p ""; \#(line)"#).reading == .template(values: [:]))
    }

    @Test func `a value that another location sets counts, for a request may come through it`() throws {
        let server = "set $p bb; location /in/ { set $p cc; rewrite ^/in/(.*) /out/$1 last; }"
        #expect(
            try use("$p$host$request_uri", server: server).reading == .template(values: ["p": .oneOf(["bb", "cc"])]))
    }

    @Test func `one list has to hold for all places of a cache`() throws {
        func values(_ first: String, _ second: String) throws -> [String: CacheKeyVariable] {
            let text = """
                http {
                  proxy_cache_key $p$host$request_uri;
                  proxy_cache_path /c keys_zone=z:1m;
                  server { server_name a.test; \(first) location / { proxy_cache z; proxy_pass http://o:80; } }
                  server { server_name b.test; \(second) location / { proxy_cache z; proxy_pass http://o:80; } }
                }
                """
            let directives = NginxDump(text, name: "f").directives
            let http = directives.filter { $0.name == "http" }
            let uses = NginxLocation.all(in: directives).map { CacheKeyUse($0, http: http) }
            let plan = CachePlan(
                try #require(http[0].children("proxy_cache_path").first), .proxy, path: "/c", uses: uses, hosts: [],
                existing: nil, hasLog: true)
            #expect(plan.readings.count == 2)
            return plan.configuration.values
        }
        #expect(try values("set $p aa;", "set $p bb;") == ["p": .oneOf(["aa", "bb"])])
        #expect(try values("set $p aa;", "") == [:])
        #expect(try values("", "set $p bb;") == [:])
    }

    @Test func `sets and maps stand for each other`() throws {
        let sets = "set $kind a; if ($http_b) { set $kind b; } set $other $kind;"
        #expect(
            try use("$other$host$request_uri", server: sets).reading
                == .template(values: ["other": .oneOf(["a", "b"])]))
        // Text and a variable together are no list.
        let mixed = "set $kind a$http_b;"
        let use = try use("$kind$host$request_uri", server: mixed)
        #expect(use.reading == .template(values: [:]) && !use.warnings.isEmpty)
        let split = "split_clients $remote_addr $shard { 50% s0-; * s1-; }"
        #expect(
            try self.use("$shard$host$request_uri", http: split).reading
                == .template(values: ["shard": .oneOf(["s0-", "s1-"])]))
    }
}
