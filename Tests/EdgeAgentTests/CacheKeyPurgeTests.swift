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
            return template.replacing(/\$([a-z_]+)/) { match in known[String(match.1)] ?? "" }
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
    ]

    private static let paths = [
        ("/", "/"), ("/a", "/a"), ("/wiki/C%2B%2B", "/wiki/C++"), ("/a%2Fb", "/a/b"), ("/a//b", "/a/b"),
        ("/mail/joe%40x.org", "/mail/joe@x.org"), ("/x%2541", "/x%41"), ("/%28y%29", "/(y)"), ("/a%3Fb", "/a?b"),
        ("/caf%C3%A9", "/café"), ("/a/./b/../c", "/a/c"), ("/a%20b", "/a b"), ("/%7Ejoe", "/~joe"), ("/a|b", "/a|b"),
    ]

    @Test(arguments: templates)
    func `a visitor's URL purges the object`(template text: String) throws {
        let hosts = text.contains("$host") || text.contains("forwarded_host") ? [] : ["shop.example"]
        let template = try CacheKeyTemplate(text, hosts: hosts)
        var random = SeededGenerator()
        for _ in 0..<300 {
            let request = Request(
                scheme: random.pick(["http", "https"]), host: "shop.example", path: random.pick(Self.paths),
                query: random.pick(["", "", "x=1", "w=10&x=a%2Fb", "a|b=c", "w=%41"]))
            let variables = [
                "mobile": random.pick(["", "mobile"]), "http_token": random.pick(["", "t0k|en"]),
                "http_x_authorization": random.pick(["", "Bearer x/y"]), "proxy_host": "backend",
                "cookie_session": random.pick(["", "abc"]), "http_x_forwarded_proto": random.pick(["https", "http"]),
                "http_if_modified_since": "", "http_if_none_match": random.pick(["", "\"a|b\""]),
                "server_addr": "10.0.0.1", "server_port": random.pick(["80", "8443"]),
                "cookie_phpsessid": random.pick(["", "a|b|c"]), "geo_country": "DE", "cookie_exp": "b",
                "http_x_forwarded_host": "shop.example", "request_body": random.pick(["", "{\"a|b\": 1}\n|"]),
                "slice_range": random.pick(["", "bytes=0-9"]),
            ]
            let key = request.key(text, variables)
            let names = try #require(
                template.parse(Array(key.utf8)[...], .cloudflare), "\(key.debugDescription) seed \(random.seed)")
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
