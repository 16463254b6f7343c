import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct CacheKeyTemplateTests {
    private func parse(
        _ template: String, _ key: String, hosts: [String] = [], values: [String: CacheKeyVariable] = [:]
    ) throws -> CacheKeyTemplate.Key? {
        try CacheKeyTemplate(template, hosts: hosts, values: values).parse(Array(key.utf8)[...], .cloudflare)
    }

    /// What a key is read as: `host|host target or target slice`.
    private func read(
        _ template: String, _ key: String, hosts: [String] = [], values: [String: CacheKeyVariable] = [:]
    ) throws -> String? {
        try parse(template, key, hosts: hosts, values: values).map { parsed in
            let hosts = parsed.hosts.map { String(decoding: $0, as: UTF8.self) }.sorted().joined(separator: "|")
            let targets = parsed.targets.map(TargetForm.text).sorted().joined(separator: " or ")
            return "\(hosts) \(targets)\(parsed.isSlice ? " slice" : "")"
        }
    }

    @Test(
        arguments: [
            ("$scheme://$host$request_uri", "https://shop.example/a?b=c", "shop.example /a?b=c"),
            ("$scheme://$host$request_uri", "http://shop.example/", "shop.example /"),
            ("${scheme}://${host}${request_uri}", "http://shop.example/", "shop.example /"),
            ("$host$request_uri", "shop.example:8080/a", "shop.example:8080 /a"),
            ("$host$request_uri", "[2001:db8::1]:8080/a", "[2001:db8::1]:8080 /a"),
            ("$server_name$document_uri$is_args$query_string", "shop.example/a", "shop.example /a"),
            ("$host$uri", "shop.example/a", "shop.example /a"), ("$host$uri", "shop.example/c++", "shop.example /c++"),
            ("$host$uri", "shop.example/a?b", "shop.example /a%3Fb"),
            ("$host$uri", "shop.example/x%41", "shop.example /x%2541"),
            ("$host:$server_port$request_uri", "shop.example:443/a", "shop.example:443 /a"),
            ("$host:443$request_uri", "shop.example:443/a", "shop.example /a"),
            ("$host-m$request_uri", "shop-m.example-m/a", "shop-m.example /a"),
            ("$scheme$request_method$host$request_uri", "httpsGETshop.example/a", "shop.example /a"),
            ("$request_method$http_host$request_uri", "GETSHOP.example/a", "SHOP.example /a"),
            ("v2:$host$request_uri", "v2:shop.example/a", "shop.example /a"),
            ("$cookie_lang|$host$request_uri", "de|shop.example/a|b", "shop.example /a%7Cb"),
            ("$cookie_lang|$host$request_uri", "|shop.example/a", "shop.example /a"),
            ("$host$request_uri|$cookie_lang", "shop.example/a|en|us", "shop.example /a or /a%7Cen"),
            ("$host$request_uri|$cookie_a|$cookie_b", "shop.example/a|x|y", "shop.example /a"),
            ("$host$request_uri|$cookie_a$cookie_b", "shop.example/a|xy", "shop.example /a"),
            ("$host$request_uri#$cookie_a#$slice_range", "shop.example/a#x#bytes=0-9", "shop.example /a slice"),
            (
                "$host$request_uri$slice_range", "shop.example/videobytes=0-1048575",
                "shop.example /video or /videobytes=0-1048575 slice"
            ),
            ("$host$request_uri$slice_range", "shop.example/big.bin", "shop.example /big.bin"),
            ("$host$request_uri|$slice_range", "shop.example/big.bin|", "shop.example /big.bin"),
            ("$host$request_uri|$slice_range", "shop.example/big|bytes=5-9", "shop.example /big slice"),
            ("$slice_range|$host$request_uri", "bytes=0-9|shop.example/big", "shop.example /big slice"),
            ("$host$request_uri$slice_range", "shop.example/a?x=bytes=0-5z", "shop.example /a?x=bytes=0-5z"),
            ("$host$request_uri", "shop.example?a", "shop.example /?a"),
            ("$host$request_uri", "shop.example?a/b", "shop.example|shop.example?a /?a/b or /b"),
            ("$host$request_uri$is_args$args", "shop.example/a?x=1?x=1", "shop.example /a?x=1"),
            ("$host$request_uri$is_args$args", "shop.example/a", "shop.example /a"),
            ("$request_method|$server_addr:$server_port$host$request_uri", "GET|10.0.0.1:80a.b/c", "0a.b|80a.b|a.b /c"),
            ("$host$uri?w=$arg_w&h=$arg_h", "shop.example/i.png?w=10&h=", "shop.example /i.png?10&"),
            ("$args|$host$uri", "x=1|shop.example/a", "shop.example /a?x=1"),
            ("proxy_cache_key \"$host$request_uri\";", "shop.example/a", "shop.example /a"),
            ("  fastcgi_cache_key $host$request_uri ; ", "shop.example/a", "shop.example /a"),
        ]
    )
    func `forms that people have are taken apart`(_ template: String, _ key: String, _ expected: String) throws {
        #expect(try read(template, key) == expected)
    }

    @Test func `a query is dropped where there is none`() throws {
        for key in ["shop.example/a", "shop.example/a?"] {
            let template = key.hasSuffix("?") ? "$host$uri?$args" : "$host$uri$is_args$args"
            let targets = try #require(try parse(template, key)).targets.map(TargetForm.text)
            #expect(targets.contains("/a"))
        }
    }

    @Test func `a key that can be read in two ways has two hosts`() throws {
        #expect(try read("$scheme$host$request_uri", "httpshop.example/a") == "hop.example|shop.example /a")
        #expect(try read("$scheme$host$request_uri", "httpexample.com/a") == "example.com /a")
        #expect(try read("$scheme$host$request_uri", "https/a") == "s /a")
    }

    @Test func `the default key of nginx has a colon and slashes that its documentation leaves out`() throws {
        for key in ["http://discourse/a.css", "httpdiscourse/a.css"] {
            let names = try read("$scheme$proxy_host$request_uri", key, hosts: ["forum.example"])
            #expect(names == "forum.example /a.css")
        }
    }

    @Test func `fixed hosts stand for the one that the key does not have`() throws {
        #expect(try read("$uri", "/a", hosts: ["shop.example"]) == "shop.example /a")
        #expect(try read("$request_uri|$cookie_a", "/a|x", hosts: ["a.test", "b.test"]) == "a.test|b.test /a")
        // The visitors' host in the key wins, and that of an upstream does not.
        #expect(try read("$host$uri", "other.example/a", hosts: ["shop.example"]) == "other.example /a")
        #expect(try read("$proxy_host$uri", "up/a", hosts: ["shop.example"]) == "shop.example /a")
    }

    @Test func `values say what a variable holds`() throws {
        let mobile: [String: CacheKeyVariable] = ["mobile": .oneOf(["", "mobile"])]
        let before = "$scheme$request_method$mobile$host$request_uri"
        #expect(
            try read(before, "httpGETmobileshop.example/", values: mobile) == "mobileshop.example|shop.example /")
        #expect(try read(before, "httpGETshop.example/", values: mobile) == "shop.example /")
        let behind = "$scheme$request_method$host$request_uri$mobile"
        #expect(try read(behind, "httpGETshop.example/amobile", values: mobile) == "shop.example /a or /amobile")
        let roles: [String: CacheKeyVariable] = ["site": .same("host"), "proto": .same("scheme")]
        #expect(try read("$proto://$site$request_uri", "https://a.test/b", values: roles) == "a.test /b")
    }

    @Test func `a text before the host may be any part of it`() throws {
        #expect(
            try read("$geo$host$request_uri", "dea.test/x")
                == ".test|a.test|dea.test|ea.test|est|st|t|test /x")
    }

    @Test(
        arguments: [
            ("$scheme://$host$request_uri", "ftp://shop.example/a"), ("$scheme://$host$request_uri", "http:///a"),
            ("$scheme://$host$request_uri", "http://shop.example"), ("$scheme://$host$request_uri", ""),
            ("$scheme://$host$request_uri", "http:"), ("v2:$host$request_uri", "v1:shop.example/a"),
            ("$host$request_uri|$cookie_a", "shop.example/a"), ("$cookie_a|$host$request_uri", "shop.example/a"),
            ("$request_method|$host$uri", "FROB|shop.example/a"), ("$host:443$request_uri", "shop.example:80/a"),
            ("$host$request_uri", "http://shop.example/a"), ("$host$request_uri$is_args$args", "shop.example/a?x?y"),
        ]
    )
    func `a key of another form is not taken apart`(_ template: String, _ key: String) throws {
        #expect(try read(template, key) == nil)
    }

    @Test(
        arguments: [
            ("", "has no $request_uri or $uri"), ("$host", "has no $request_uri or $uri"),
            ("$request_uri", "has no $host: add it to proxy_cache_key, or set 'host'"),
            ("$host$uri$", "a '$' without a variable name"), ("$host$uri${x", "'${x' is not closed"),
        ]
    )
    func `a template by which nothing can be found is refused with what to change`(
        _ template: String, _ message: String
    ) throws {
        let error = #expect(throws: CacheKeyTemplateError.self) { _ = try CacheKeyTemplate(template) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test(
        arguments: [
            ("$host$request_uri$cookie_a", "also takes all URLs that begin with it"),
            ("$scheme$proxy_host$request_uri", "not the one that visitors ask for"),
            ("$mobile$host$request_uri", "each object has many hosts"),
        ]
    )
    func `a template by which purges take more is warned of`(_ template: String, _ message: String) throws {
        #expect(try CacheKeyTemplate(template).warnings.joined().contains(message))
    }

    @Test func `random keys are taken apart or not, and never trap`() throws {
        var random = SeededGenerator()
        let templates = [
            "$scheme$host$request_uri$slice_range", "$host$uri?$args|$cookie_a|$slice_range",
            "$a|$host$uri|$b|$document_uri", "$request_method$host:1$request_uri$slice_range|$c",
            "$mobile$host$uri$is_args$args$token", "$host$uri?w=$arg_w&h=$arg_h",
        ]
        let pieces = [
            "http", "https", "GET", "shop", ".", ":1", "/", "?", "|", "bytes=", "0-1", "a", "[", "::", "]", "\u{0}",
        ]
        for _ in 0..<3000 {
            let template = try CacheKeyTemplate(random.pick(templates))
            var key: [UInt8] = []
            for _ in 0..<random.number(0...12) {
                key += random.once(in: 8) ? random.bytes(upTo: 3) : Array(random.pick(pieces).utf8)
            }
            if let parsed = template.parse(key[...], .cloudflare) {
                check(!parsed.hosts.isEmpty && parsed.hosts.count <= 64, "seed \(random.seed)")
                check(!parsed.targets.isEmpty && parsed.targets.count <= 16, "seed \(random.seed)")
            }
        }
    }

    /// Attack: a URL of more than 256 characters was known as if its key could be read in too many ways, so that a
    /// purge of a prefix took its neighbours too.
    @Test(
        arguments: [
            "$scheme://$host$request_uri$is_args$args", "$scheme://$host$uri$is_args$args",
            "$scheme://$host$uri$is_args$args$slice_range",
        ], ["", "?x=1&y=/a/b"])
    func `a long URL has the readings of a short one`(_ template: String, _ query: String) throws {
        let path = "/" + String(repeating: "long/", count: 200)
        let isTwice = template.contains("request_uri")
        let key = Array("http://shop.example\(path)\(query)\(isTwice ? query : "")".utf8)
        let parsed = try #require(CacheKeyTemplate(template).parse(key[...], .cloudflare))
        #expect(parsed.hosts == [Array("shop.example".utf8)])
        // A decoded path may have a question mark of its own.
        #expect(parsed.targets.count == (isTwice || query.isEmpty ? 1 : 2))
        #expect(!parsed.targets.contains { TargetForm.head(of: $0).isOpen })
    }

    @Test func `a key that can be read in too many ways has an open target`() throws {
        let template = try CacheKeyTemplate("$host$request_uri|$cookie_a|$cookie_b|$uri|end")
        // Every separator of the template many times over, and a form that never fits.
        let key = Array(("shop.example/" + String(repeating: "|/bytes=0-1", count: 5000)).utf8)
        let parsed = try #require(template.parse(key[...], .cloudflare))
        #expect(parsed.targets.count == 1 && TargetForm.head(of: parsed.targets[0]).isOpen)
        let body = try CacheKeyTemplate("$request_uri|$request_body", hosts: ["shop.example"])
        let posted = Array(("/graphql|" + String(repeating: "a|b", count: 100)).utf8)
        #expect(body.parse(posted[...], .cloudflare)?.targets.map(TargetForm.head).map(\.isOpen) == [true])
    }

    /// Behind a port a path of 700 segments had too many places where it might begin.
    @Test(arguments: [
        "$server_port$request_uri", "$server_addr:$server_port$request_uri|$cookie_a", "$host$request_uri",
    ])
    func `a long URL behind an address or a port is read`(_ text: String) throws {
        let template = try CacheKeyTemplate(text, hosts: ["shop.example"])
        let path = "/" + String(repeating: "longer/", count: 700)
        let key = text.replacing("$server_addr", with: "10.0.0.1").replacing("$server_port", with: "8080")
            .replacing("$host", with: "shop.example").replacing("$cookie_a", with: "")
            .replacing("$request_uri", with: path)
        let names = try #require(template.parse(Array(key.utf8)[...], .cloudflare))
        #expect(names.targets == [Array(path.utf8)])
    }
}
