import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct CacheKeyTemplateTests {
    /// What a key is read as: `host|host target slice`.
    private func read(_ template: String, _ key: String, host: String? = nil) throws -> String? {
        let parsed = try CacheKeyTemplate(template, host: host).parse(Array(key.utf8)[...])
        return parsed.map { parsed in
            let hosts = parsed.hosts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
            return "\(hosts) \(String(decoding: parsed.target, as: UTF8.self))\(parsed.isSlice ? " slice" : "")"
        }
    }

    @Test(
        arguments: [
            ("$scheme://$host$request_uri", "https://shop.example/a?b=c", "shop.example /a?b=c"),
            ("$scheme://$host$request_uri", "http://shop.example/", "shop.example /"),
            ("${scheme}://${host}${request_uri}", "http://shop.example/", "shop.example /"),
            ("$host$request_uri", "shop.example:8080/a", "shop.example:8080 /a"),
            ("$host$request_uri", "[2001:db8::1]:8080/a", "[2001:db8::1]:8080 /a"),
            ("$http_host$uri$is_args$args", "shop.example/a?x", "shop.example /a?x"),
            ("$server_name$document_uri$is_args$query_string", "shop.example/a", "shop.example /a"),
            ("$host$uri", "shop.example/a", "shop.example /a"),
            ("$host$uri?$args", "shop.example/a?x=1", "shop.example /a?x=1"),
            ("$host$uri?$args", "shop.example/a?", "shop.example /a"),
            ("$host:$server_port$request_uri", "shop.example:443/a", "shop.example:443 /a"),
            ("$host:443$request_uri", "shop.example:443/a", "shop.example /a"),
            ("$host-m$request_uri", "shop-m.example-m/a", "shop-m.example /a"),
            ("$scheme$request_method$host$request_uri", "httpsGETshop.example/a", "shop.example /a"),
            ("$request_method$http_host$request_uri", "GETSHOP.example/a", "SHOP.example /a"),
            ("$request_method|$host$request_uri", "HEAD|shop.example/a", "shop.example /a"),
            ("v2:$host$request_uri", "v2:shop.example/a", "shop.example /a"),
            ("$cookie_lang|$host$request_uri", "de|shop.example/a|b", "shop.example /a|b"),
            ("$cookie_lang|$host$request_uri", "|shop.example/a", "shop.example /a"),
            (
                "$host$request_uri|$http_accept_encoding", "shop.example/a|b|gzip, br",
                "shop.example /a|b gzip".replacing(" gzip", with: "")
            ),
            ("$host$request_uri|$cookie_a|$cookie_b", "shop.example/a|x|y", "shop.example /a"),
            ("$host$request_uri|$cookie_a$cookie_b", "shop.example/a|xy", "shop.example /a"),
            ("$host$request_uri#$cookie_a#$slice_range", "shop.example/a#x#bytes=0-9", "shop.example /a slice"),
            ("$host$uri$is_args$args$slice_range", "shop.example/a?bbytes=0-1048575", "shop.example /a?b slice"),
            ("$host$request_uri$slice_range", "shop.example/big.binbytes=0-1048575", "shop.example /big.bin slice"),
            ("$host$request_uri$slice_range", "shop.example/big.bin", "shop.example /big.bin"),
            ("$host$request_uri|$slice_range", "shop.example/big.bin|", "shop.example /big.bin"),
            ("$host$request_uri|$slice_range", "shop.example/big|bytes=5-9", "shop.example /big slice"),
            ("$slice_range|$host$request_uri", "|shop.example/big", "shop.example /big"),
            ("$slice_range|$host$request_uri", "bytes=0-9|shop.example/big", "shop.example /big slice"),
            ("$host$request_uri$slice_range|$cookie_a", "shop.example/bigbytes=0-9|x", "shop.example /big slice"),
            ("$host$request_uri$slice_range|$cookie_a", "shop.example/big|x", "shop.example /big"),
            ("$host$request_uri$slice_range", "shop.example/abytes=0-1bytes=2-3", "shop.example /abytes=0-1 slice"),
            ("$host$request_uri$slice_range", "shop.example/a?x=bytes=0-5z", "shop.example /a?x=bytes=0-5z"),
            ("$host$request_uri$slice_range", "shop.example/abytes=0-", "shop.example /abytes=0-"),
            ("$host$request_uri", "shop.example?a", "shop.example /?a"),
        ]
    )
    func `documented forms`(_ template: String, _ key: String, _ expected: String) throws {
        #expect(try read(template, key) == expected)
    }

    @Test func `a key that can be read in two ways has two hosts`() throws {
        #expect(try read("$scheme$host$request_uri", "httpshop.example/a") == "hop.example|shop.example /a")
        #expect(try read("$scheme$proxy_host$request_uri", "httpsshop.example/a") == "shop.example|sshop.example /a")
        #expect(try read("$scheme$host$request_uri", "httpexample.com/a") == "example.com /a")
        #expect(try read("$scheme$host$request_uri", "https/a") == "s /a")
        #expect(
            try read("$scheme$host$request_uri$slice_range", "httpshop.example/abytes=0-1")
                == "hop.example|shop.example /a slice")
    }

    @Test func `both readings of every ambiguous key are found`() throws {
        var random = SeededGenerator()
        for _ in 0..<500 {
            let host = random.pick(["s", "shop.example", "ss.example", "hop.example", "shttps.example", "http.example"])
            let scheme = random.pick(["http", "https"])
            let parsed = try CacheKeyTemplate("$scheme$host$request_uri").parse(Array("\(scheme)\(host)/a".utf8)[...])
            #expect(parsed?.hosts.contains(Array(host.utf8)) == true, "\(scheme) \(host) \(random.seed)")
            #expect(parsed?.target == Array("/a".utf8))
        }
    }

    @Test func `a fixed host stands for the one that the key does not have`() throws {
        #expect(try read("$uri", "/a", host: "shop.example") == "shop.example /a")
        #expect(try read("$request_uri|$cookie_a", "/a|x", host: "shop.example") == "shop.example /a")
        // The key's own host wins.
        #expect(try read("$host$uri", "other.example/a", host: "shop.example") == "other.example /a")
    }

    @Test(
        arguments: [
            ("$scheme://$host$request_uri", "ftp://shop.example/a"), ("$scheme://$host$request_uri", "http:///a"),
            ("$scheme://$host$request_uri", "http://shop.example"), ("$scheme://$host$request_uri", ""),
            ("$scheme://$host$request_uri", "http:"), ("v2:$host$request_uri", "v1:shop.example/a"),
            ("$host$request_uri|$cookie_a", "shop.example/a"), ("$cookie_a|$host$request_uri", "shop.example/a"),
            ("$host$request_uri", "sh\u{f6}p.example/a"), ("$request_method$host$uri", "FROBshop.example/a"),
            ("$host:443$request_uri", "shop.example:80/a"),
        ]
    )
    func `a key of another form is not taken apart`(_ template: String, _ key: String) throws {
        #expect(try read(template, key) == nil)
    }

    @Test(
        arguments: [
            ("", "has no $request_uri or $uri"), ("$host", "has no $request_uri or $uri"),
            ("$request_uri", "has no $host: add it to proxy_cache_key, or set 'host'"),
            ("$scheme$host$request_uri$cookie_a", "put a separator such as '|' between $request_uri and $cookie_a"),
            ("$host$cookie_a$request_uri", "between $host and $cookie_a"),
            ("$cookie_a$host$request_uri", "between $cookie_a and $host"),
            ("$host$request_uri$scheme", "between $request_uri and $scheme"),
            ("$host$scheme$request_uri", "between $host and $scheme"),
            ("$request_uri$host", "between $request_uri and $host"),
            ("$cookie_a$scheme|$host$request_uri", "between $cookie_a and $scheme"),
            ("$host$uri$args", "write $uri$is_args$args, or $request_uri"),
            ("$host$uri$is_args", "write $uri$is_args$args, or $request_uri"),
            ("$host$request_uri$is_args$args", "$request_uri has the query in it already"),
            ("$host$server_port$request_uri", "between $host and $server_port"),
            ("$host$uri$", "a '$' without a variable name"), ("$host$uri${x", "'${x' is not closed"),
        ]
    )
    func `a template whose keys cannot be taken apart is refused with what to change`(
        _ template: String, _ message: String
    ) throws {
        let error = #expect(throws: CacheKeyTemplateError.self) { _ = try CacheKeyTemplate(template) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("cache_key: ") == true)
    }

    @Test func `random keys are taken apart or not, and never trap`() throws {
        var random = SeededGenerator()
        let templates = [
            "$scheme$host$request_uri$slice_range", "$host$uri?$args|$cookie_a|$slice_range",
            "$a|$host$uri|$b|$document_uri",
            "$request_method$host:1$request_uri$slice_range$c".replacing("$slice_range$c", with: "$slice_range|$c"),
        ]
        let pieces = [
            "http", "https", "GET", "shop", ".", ":1", "/", "?", "|", "bytes=", "0-1", "a", "[", "::", "]", "\u{0}",
        ]
        for _ in 0..<5000 {
            let template = try CacheKeyTemplate(random.pick(templates))
            var key: [UInt8] = []
            for _ in 0..<random.number(0...12) {
                key += random.once(in: 8) ? random.bytes(upTo: 3) : Array(random.pick(pieces).utf8)
            }
            if let parsed = template.parse(key[...]) {
                check(!parsed.hosts.isEmpty && parsed.hosts.count <= 2, "seed \(random.seed)")
                check(parsed.target.first == UInt8(ascii: "/"), "seed \(random.seed)")
            }
        }
    }

    @Test func `whatever host and target a key was made of come back`() throws {
        var random = SeededGenerator()
        let forms = ["$scheme://$host$request_uri", "$host$request_uri|$cookie_a", "$cookie_a|$host$request_uri"]
        for _ in 0..<1000 {
            let host = random.pick(["a", "shop.example", "shop.example:81", "[::1]", "10.0.0.1"])
            let target =
                "/"
                + (0..<random.number(0...6)).map { _ in random.pick(["a", "/", "?", "|", "%7C", "=", "http://"]) }
                .joined()
            let form = random.pick(forms)
            let key = form.replacing("$scheme", with: random.pick(["http", "https"])).replacing("$host", with: host)
                .replacing("$request_uri", with: target).replacing("$cookie_a", with: random.pick(["", "x", "de"]))
            #expect(try read(form, key) == "\(host) \(target)", "\(form) \(key) seed \(random.seed)")
        }
    }

    @Test func `a hostile key does not take long`() throws {
        // Every separator of the template many times over, and a form that never fits.
        let template = try CacheKeyTemplate("$host$request_uri|$cookie_a|$cookie_b|$uri|end")
        let key = Array(("shop.example/" + String(repeating: "|/bytes=0-1", count: 5000)).utf8)
        #expect(template.parse(key[...]) == nil)
    }
}
