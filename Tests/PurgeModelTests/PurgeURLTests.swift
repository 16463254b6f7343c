import PurgeModel
import TestSupport
import Testing

@Suite struct PurgeURLTests {
    @Test(arguments: [
        ("http://example.com", "example.com", "/"), ("HTTPS://Example.COM:8443/A?b=C#d", "example.com", "/A?b=C"),
        ("https://example.com?x=1", "example.com", "/?x=1"), ("https://example.com#x", "example.com", "/"),
        ("https://example.com/a?b#c?d", "example.com", "/a?b"), ("https://[::1]:80/x", "[::1]", "/x"),
        ("https://example.com/a/*/b", "example.com", "/a/*/b"), ("https://example.com//a\\b", "example.com", "//a\\b"),
        ("https://example.com/a@b:c", "example.com", "/a@b:c"), ("https://example.com/?", "example.com", "/?"),
        ("http://cloudflare.com/انشاء/img_1.jpg", "cloudflare.com", "/انشاء/img_1.jpg"),
    ])
    func `URLs are taken apart`(text: String, host: String, target: String) throws {
        let url = try PurgeURL(validating: text)
        #expect(url.host.name == host)
        #expect(String(decoding: url.target, as: UTF8.self) == target)
        #expect(try PurgeURL(validating: url.description) == url)
    }

    @Test(arguments: [
        "", "example.com", "//example.com/a", "ftp://example.com/", "http:/example.com", "http//example.com",
        "https:///a",
        "https://", "http://user@example.com/", "http://u:p@example.com/", "http://example.com/a b",
        "http://example.com/\u{0}",
        "http://example.com/\n", "http://example.com/\u{7F}", " http://example.com/", "http://ex ample.com/",
        "http://*.example.com/", "http://example.com\\a", "https;//example.com/", "\u{212A}ttp://example.com/", "h",
    ])
    func `what is no URL is refused`(text: String) {
        let error = #expect(throws: SelectorError.self) { try PurgeURL(validating: text) }
        #expect(error?.code == .invalidURL || error?.code == .invalidHost)
    }

    @Test func `the message names the URL, shortened and without control characters`() {
        let text = "http://example.com/\n" + String(repeating: "x", count: 500)
        let error = #expect(throws: SelectorError.self) { try PurgeURL(validating: text) }
        let message = error?.message ?? ""
        #expect(message.contains("http://example.com/\\u{a}xxx"))
        #expect(message.count < 250)
        #expect(!message.contains("\n"))
    }

    @Test func `a URL beyond the limit is refused`() throws {
        let start = "http://example.com/"
        let fits = start + String(repeating: "x", count: Limits.urlBytesMax - start.count)
        #expect(try PurgeURL(validating: fits).target.count == fits.count - start.count + 1)
        #expect(throws: SelectorError.self) { try PurgeURL(validating: fits + "x") }
    }
}

@Suite struct PathPrefixTests {
    private func names(_ prefix: String, _ target: String) throws -> Bool {
        try PathPrefix(validating: prefix).matches(normalizedTarget: Array(target.utf8))
    }

    @Test(arguments: [
        ("h.com/a/b", "/a/b", true), ("h.com/a/b", "/a/b?x", true), ("h.com/a/b", "/a/b/c", true),
        ("h.com/a/b", "/a/b/", true), ("h.com/a/b", "/a/bc", false), ("h.com/a/b", "/a", false),
        ("h.com/a/b", "/a?/b", false),
        ("h.com/a/b", "/A/b", false), ("h.com/a/", "/a/", true), ("h.com/a/", "/a/x", true),
        ("h.com/a/", "/a/?x", true),
        ("h.com/a/", "/a", false), ("h.com/a/", "/a?x", false), ("h.com", "/", true), ("h.com", "/?x", true),
        ("h.com", "/a", true), ("h.com/", "/a?b", true), ("h.com/", "*", true), ("h.com//", "//a", true),
        ("h.com//", "/a", false),
        ("www.example.com/foo/bar/baz/qux.jpg", "/foo/bar/baz/qux.jpg", true),
        ("www.example.com/foo/bar/baz", "/foo/bar/baz/qux.jpg", true), ("foo.com/bar", "/barbaz", false),
        ("foo.com/bar", "/bar?good=bad", true),
    ])
    func `whole segments are named`(prefix: String, target: String, isNamed: Bool) throws {
        #expect(try names(prefix, target) == isNamed)
    }

    @Test(arguments: [
        "", "/", "/a", "http://h.com/a", "//h.com/a", "h.com/a?b", "h.com/a#b", "h.com?b", "h.com/a b", "h.com/\u{1}",
        "*.h.com/a", "h..com/a", "u@h.com/a",
    ])
    func `what is no prefix is refused`(text: String) {
        #expect(throws: SelectorError.self) { try PathPrefix(validating: text) }
    }

    @Test func `31 separators fit and 32 do not`() throws {
        let deep = "h.com" + String(repeating: "/a", count: 31)
        #expect(try PathPrefix(validating: deep).description == deep)
        let error = #expect(throws: SelectorError.self) { try PathPrefix(validating: deep + "/") }
        #expect(error?.code == .prefixTooDeep)
    }

    @Test func `host and port are normal, the whole host has one spelling`() throws {
        #expect(try PathPrefix(validating: "H.com:443/A").description == "h.com/A")
        #expect(try PathPrefix(validating: "h.com/") == PathPrefix(validating: "h.com"))
    }

    @Test func `paths are normalised as targets are`() throws {
        let arabic = "/انشاء-موقع-الكتروني"
        let encoded =
            "/%d8%A7%D9%86%D8%B4%D8%A7%D8%A1-%D9%85%D9%88%D9%82%D8%B9-%D8%A7%D9%84%D9%83%D8%AA%D8%B1%D9%88%D9%86%D9%8A"
        for normalization in [URLNormalization.rfc3986, .cloudflare] {
            let prefixes = try [arabic, encoded].map {
                try PathPrefix(validating: "cloudflare.com\($0)").normalized(by: normalization)
            }
            #expect(prefixes[0] == prefixes[1])
            for target in [arabic, encoded] {
                let normal = normalization.normalize(Array("\(target)/img_1.jpg".utf8))
                #expect(prefixes[0].matches(normalizedTarget: normal))
            }
        }
        #expect(try PathPrefix(validating: "h.com/a/..").normalized(by: .rfc3986).description == "h.com")
        #expect(try PathPrefix(validating: "h.com/a\\b//c").normalized(by: .cloudflare).description == "h.com/a/b/c")
        #expect(try PathPrefix(validating: "h.com").normalized(by: .cloudflare).description == "h.com")
    }

    @Test func `a prefix names what a slow look at segments says`() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<5_000 {
            let path = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                ["/", "a", "b"].randomElement(using: &generator) ?? ""
            }
            .joined()
            let target =
                "/"
                + (0..<Int.random(in: 0...6, using: &generator))
                .map { _ in ["/", "a", "b", "?"].randomElement(using: &generator) ?? "" }.joined()
            let wanted = "/" + path
            let targetPath = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let named: Bool
            if wanted == "/" {
                named = true
            } else if wanted.hasSuffix("/") {
                named = targetPath.hasPrefix(wanted)
            } else {
                let segments = targetPath.split(separator: "/", omittingEmptySubsequences: false)
                named = segments.starts(with: wanted.split(separator: "/", omittingEmptySubsequences: false))
            }
            check(try names("h.com\(wanted)", target) == named, "prefix \(wanted), target \(target)")
        }
    }
}
