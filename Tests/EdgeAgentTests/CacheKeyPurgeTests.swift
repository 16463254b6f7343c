import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Whatever a visitor asked for, a purge of that URL means the object that nginx stored for it.
@Suite struct CacheKeyPurgeTests {
    /// One request of a visitor, and what nginx makes of it.
    private struct Request {
        var scheme = "https"
        var host: String
        /// Path as sent, and as nginx decodes it.
        var path: (sent: String, decoded: String)
        var query: String

        var target: String { path.sent + (query.isEmpty ? "" : "?" + query) }

        /// The value of a key in nginx.
        func key(_ template: String, _ variables: [String: String]) -> String {
            let own = [
                "scheme": scheme, "host": host, "http_host": host, "request_uri": target, "uri": path.decoded,
                "is_args": query.isEmpty ? "" : "?", "args": query, "request_method": "GET",
                "arg_w": query.split(separator: "&").first { $0.hasPrefix("w=") }.map { String($0.dropFirst(2)) } ?? "",
            ]
            let known = own.merging(variables) { $1 }
            return template.replacing(/\$\{?([A-Za-z_]+)\}?/) { match in known[match.1.lowercased()] ?? "" }
        }
    }

    /// Keys as people have them, from public configurations.
    private static let templates = [
        "$scheme$request_method$host$request_uri", "$scheme$request_method$host$request_uri$mobile",
        "$scheme$request_method$mobile$host$request_uri", "$mobile$scheme$request_method$host$request_uri",
        "$scheme://$host$request_uri$is_args$args", "$host$request_uri$is_args$args$http_token",
        "$request_uri$http_x_authorization", "$scheme$proxy_host$request_uri$cookie_session",
        "$http_x_forwarded_proto$scheme$host$request_uri", "$http_x_forwarded_proto://$host$request_uri",
        "$request_method|$http_if_modified_since|$http_if_none_match|$host|$request_uri",
        "$request_method|$server_addr:$server_port$request_uri|$cookie_phpsessid", "$uri$is_args$args", "$host$uri",
        "$request_uri", "$geo_country|$cookie_exp|$scheme://$host$request_uri", "$scheme://$host$uri?w=$arg_w",
        "$scheme$host:$server_port$request_uri", "$http_x_forwarded_host$request_uri", "$uri", "$args|$host$uri",
        "$scheme://$host$request_uri$slice_range", "$host$uri?$args", "$request_uri|$request_body",
        "$host$uri$is_args$args", "$scheme$host$uri$is_args$args$webp", "$scheme-$host-$uri-$args",
        "$scheme|$host|$uri|$args|$http_x_device", "${host}_${uri}_${args}", "$host$uri$cookie_lang$args",
        "$host$request_uri$cookie_lang", "$request_method$host$request_uri$request_body", "$Scheme$Host$Request_Uri",
        "$host$uri$is_args$args$slice_range", "$host$uri$args", "$host/$uri/$arg_w-$http_x_device",
    ]

    private static let paths = [
        ("/", "/"), ("/a", "/a"), ("/wiki/C%2B%2B", "/wiki/C++"), ("/a%2Fb", "/a/b"), ("/a//b", "/a/b"),
        ("/mail/joe%40x.org", "/mail/joe@x.org"), ("/x%2541", "/x%41"), ("/%28y%29", "/(y)"), ("/a%3Fb", "/a?b"),
        ("/caf%C3%A9", "/café"), ("/a/./b/../c", "/a/c"), ("/a%20b", "/a b"), ("/%7Ejoe", "/~joe"), ("/a|b", "/a|b"),
        ("/how-to-get-the-most-out-of-a-new-phone-in-the-first-ten-minutes-of-use/", nil), ("/a_b_c/d_e_f/g", nil),
        ("/a/b/.", "/a/b/"), ("/x/../page", "/page"),
    ].map { ($0, $1 ?? $0) }

    /// Ordinary ones, ones with more separators than a key can be read by, and ones that are longer than that too.
    private static let queries = [
        "", "", "x=1", "w=10&x=a%2Fb", "a|b=c", "w=%41", "u=https://shop.example//page", "family=R:4|L:7|O|I|L|A|M|K",
        "page=2&a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q", "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r",
        "to=https://shop.example/my-account/&utm=" + String(repeating: "abcdefghi", count: 40),
    ]

    @Test(arguments: templates)
    func `a visitor's URL purges the object`(template text: String) throws {
        let hosts = text.lowercased().contains(/\$\{?host/) || text.contains("forwarded_host") ? [] : ["shop.example"]
        let template = try CacheKeyTemplate(text, hosts: hosts)
        var random = SeededGenerator()
        for _ in 0..<50 {
            let request = Request(
                scheme: random.pick(["http", "https"]), host: "shop.example", path: random.pick(Self.paths),
                query: random.pick(Self.queries))
            let variables = [
                "mobile": random.pick(["", "mobile"]), "http_token": random.pick(["", "t0k|en"]),
                "http_x_authorization": random.pick(["", "Bearer x/y"]), "proxy_host": "backend",
                "cookie_session": random.pick(["", "abc"]), "http_x_forwarded_proto": random.pick(["https", "http"]),
                "http_if_modified_since": "", "http_if_none_match": random.pick(["", "\"a|b\""]),
                "server_addr": "10.0.0.1", "server_port": random.pick(["80", "8443"]),
                "cookie_phpsessid": random.pick(["", "a|b|c"]), "geo_country": "DE", "cookie_exp": "b",
                "http_x_forwarded_host": "shop.example",
                "request_body": random.pick(["", "{\"a|b\": 1}\n|", "/../../x"]),
                "slice_range": random.pick(["", "bytes=0-9"]), "webp": random.pick(["", ".webp"]),
                "http_x_device": random.pick(["", "mobile"]), "cookie_lang": random.pick(["", "de", "/../../x", "."]),
            ]
            let key = request.key(text, variables)
            guard let names = template.parse(Array(key.utf8)[...], .cloudflare) else {
                // Behind text of any kind a host may begin anywhere: of a long key nobody can tell, and that is told.
                #expect(template.warnings.joined().contains("has many hosts"), "\(key.debugDescription) \(random.seed)")
                continue
            }
            #expect(
                names.hosts.contains { String(decoding: $0, as: UTF8.self).hasPrefix("shop.example") },
                "\(key.debugDescription): \(names.hosts) seed \(random.seed)")
            let url = try PurgeURL(validating: "https://shop.example\(request.target)")
            let purges = URLForms(.cloudflare, template.forms).targets(of: url)
            #expect(
                purges.contains { purge in
                    names.targets.contains { $0 == purge.target || purge.isOpen && $0.starts(with: purge.target) }
                },
                "\(key.debugDescription) is \(names.targets.map(TargetForm.text)), seed \(random.seed)")
        }
    }

    /// Queries that browsers, libraries and people write differently were told apart.
    @Test(arguments: ["$scheme://$host$request_uri", "$host$uri$is_args$args", "$host$uri$is_args$args$webp"])
    func `a query is found whoever encoded it`(text: String) throws {
        let template = try CacheKeyTemplate(text)
        for (purged, sent) in [
            ("/?s=it's", "/?s=it%27s"), (#"/?s="x""#, "/?s=%22x%22"), ("/?s=<b>", "/?s=%3Cb%3E"),
            ("/s?f[0]=a", "/s?f%5B0%5D=a"), ("/?f=a%7Cb", "/?f=a|b"), ("/?f=~a", "/?f=%7Ea"),
            ("/?s=mün", "/?s=m%C3%BCn"),
            ("/?u=https://x/y", "/?u=https%3A%2F%2Fx%2Fy"), ("/?a=b", "/?a=b#c"),
        ] {
            let names = try #require(
                template.parse(
                    Array(((text.hasPrefix("$scheme") ? "https://" : "") + "shop.example\(sent)").utf8)[...],
                    .cloudflare))
            let url = try PurgeURL(validating: "https://shop.example\(purged)")
            #expect(
                URLForms(.cloudflare, template.forms).targets(of: url).contains { purge in
                    names.targets.contains { $0.starts(with: purge.target) }
                }, "\(purged)")
        }
    }

    /// A purge of `/` took every URL that was too long to be told from its query.
    @Test func `a long URL stays when a short one is purged`() throws {
        for text in ["$host$uri$is_args$args", "$host|$uri|$args", "$host$uri$is_args$args$slice_range"] {
            let template = try CacheKeyTemplate(text)
            let key = text.replacing("$host", with: "shop.example")
                .replacing("$uri", with: "/" + String(repeating: "x-|", count: 100)).replacing("$is_args", with: "?")
                .replacing("$args", with: "a=b").replacing("$slice_range", with: "bytes=0-9")
            let names = try #require(template.parse(Array(key.utf8)[...], .cloudflare))
            let url = try PurgeURL(validating: "https://shop.example/")
            #expect(
                !URLForms(.cloudflare, template.forms).targets(of: url).contains { purge in
                    names.targets.contains { $0 == purge.target || purge.isOpen && $0.starts(with: purge.target) }
                }, "\(text)")
        }
    }

    @Test func `another page stays`() throws {
        for text in ["$host$uri", "$host$uri$is_args$args", "$host$request_uri"] {
            let template = try CacheKeyTemplate(text)
            let forms = URLForms(.cloudflare, template.forms)
            let names = try #require(template.parse(Array("shop.example/x%41".utf8)[...], .cloudflare))
            // `/xA` is another page than the one that is stored as `/x%41` under a decoded key.
            let purges = forms.targets(of: try PurgeURL(validating: "https://shop.example/xA")).map(\.target)
            #expect(text.contains("$uri") == Set(purges).isDisjoint(with: names.targets))
        }
    }
}
