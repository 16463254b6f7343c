import PurgeModel
import TestSupport
import Testing

@Suite struct URLNormalizationTests {
    private func normal(_ text: String, _ normalization: URLNormalization) -> String {
        String(decoding: normalization.normalize(Array(text.utf8)), as: UTF8.self)
    }

    @Test(arguments: [
        // From the Cloudflare documentation.
        ("/%68ello", "/hello", "/hello"),
        ("/%68ello//pa\\th", "/hello//pa%5Cth", "/hello/pa/th"),
        ("/hello//../path", "/hello/path", "/path"),
        ("/hello/\\../path", "/hello/%5C../path", "/path"),
        // RFC 3986 section 5.2.4 and 6.2.2.
        ("/a/b/c/./../../g", "/a/g", "/a/g"),
        ("/../../x", "/x", "/x"), ("/.", "/", "/"), ("/..", "/", "/"), ("/a/..", "/", "/"), ("/a/.", "/a/", "/a/"),
        ("/a/b/..", "/a/", "/a/"), ("/...", "/...", "/..."), ("/.a", "/.a", "/.a"), ("/a./b..", "/a./b..", "/a./b.."),
        ("/%2e%2E/x", "/x", "/x"), ("/a/%2e/b", "/a/b", "/a/b"), ("/%7euser", "/~user", "/~user"),
        ("/a%2fb", "/a%2Fb", "/a%2Fb"), ("/a%3Ab:c", "/a%3Ab:c", "/a%3Ab:c"), ("/%2541", "/%2541", "/%2541"),
        ("/100%", "/100%25", "/100%25"), ("/%zz%4", "/%25zz%254", "/%25zz%254"), ("/%%34%31", "/%2541", "/%2541"),
        ("/a b", "/a%20b", "/a%20b"), ("/a\"<>^`{|}", "/a%22%3C%3E%5E%60%7B%7C%7D", "/a%22%3C%3E%5E%60%7B%7C%7D"),
        ("/a!$&'()*+,;=:@[]#", "/a!$&'()*+,;=:@[]#", "/a!$&'()*+,;=:@[]#"),
        // A visitor sent `it's`, and the event that named it said `it%27s`: nothing was found.
        ("/it%27s%28%29%21%2a", "/it's()!*", "/it's()!*"), ("/a?b=%27", "/a?b='", "/a?b='"),
        ("//", "//", "/"), ("//a", "//a", "/a"), ("\\a", "%5Ca", "/a"), ("\\..\\a", "%5C..%5Ca", "/a"),
        ("/a/..//b", "//b", "/b"),
        ("/", "/", "/"), ("", "", ""), ("*", "*", "*"), ("./a", "./a", "./a"), ("a/../b", "a/../b", "a/../b"),
        // A visitor's browser sent `%22x%22`, a library `%5B0%5D`, and the purge named what people write.
        (#"/a?f[0]="x""#, "/a?f[0]=%22x%22", "/a?f[0]=%22x%22"),
        ("/a?f%5B0%5D=%22x%22", "/a?f[0]=%22x%22", "/a?f[0]=%22x%22"),
        ("/a?b%3D%26%3B%2b%23=c+d", "/a?b%3D%26%3B%2B%23=c+d", "/a?b%3D%26%3B%2B%23=c+d"),
        ("/a/../b?x=/../y", "/b?x=/../y", "/b?x=/../y"), ("/a?%7e%c3%A9//\\", "/a?~%C3%A9//%5C", "/a?~%C3%A9//%5C"),
        ("/a?é b", "/a?%C3%A9%20b", "/a?%C3%A9%20b"), ("/a?100%", "/a?100%25", "/a?100%25"), ("/.?x", "/?x", "/?x"),
        ("/a/..?", "/?", "/?"), ("/a??b=%zz", "/a??b=%25zz", "/a??b=%25zz"), ("?x", "?x", "?x"),
        ("/a?b#c", "/a?b#c", "/a?b#c"),
    ])
    func `vectors`(target: String, rfc3986: String, cloudflare: String) {
        #expect(normal(target, .rfc3986) == rfc3986)
        #expect(normal(target, .cloudflare) == cloudflare)
        #expect(normal(target, .none) == target)
    }

    @Test(arguments: [URLNormalization.rfc3986, .cloudflare])
    func `the encoded and the plain form of a path are one`(normalization: URLNormalization) {
        let encoded =
            "/%D8%A7%D9%86%D8%B4%D8%A7%D8%A1-%D9%85%D9%88%D9%82%D8%B9"
            + "-%D8%A7%D9%84%D9%83%D8%AA%D8%B1%D9%88%D9%86%D9%8A/img_1.jpg"
        #expect(normal("/انشاء-موقع-الكتروني/img_1.jpg", normalization) == encoded)
        #expect(normal(encoded, normalization) == encoded)
        #expect(normal(encoded.lowercased(), normalization) == encoded)
        #expect(normal("/hello/img_1.jpg", normalization) == "/hello/img_1.jpg")
    }

    @Test(arguments: URLNormalization.allCases)
    func `twice is once, three times as long at most, no dots or doubled slashes left`(normalization: URLNormalization)
    {
        let seed: UInt64 = 2026
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("//..%%2e2F5cC~a?\\ 3".utf8) + [0, 0x7F, 0xC3, 0xFF]
        for round in 0..<30_000 {
            let isAnyByte = generator.once(in: 4)
            var target = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                isAnyByte
                    ? UInt8.random(in: 0...255, using: &generator) : alphabet.randomElement(using: &generator) ?? 0
            }
            if !generator.once(in: 8) { target.insert(UInt8(ascii: "/"), at: 0) }
            let once = normalization.normalize(target)
            func place() -> String { "seed \(seed) round \(round): \(target) gave \(once)" }
            check(normalization.normalize(once) == once, place())
            check(normalization.normalize(target.span) == once, place())
            check(once.count <= target.count * 3, place())
            if normalization.isNormal(target.span) { check(once == target, place()) }
            guard normalization != .none else { continue }
            check(once.allSatisfy { $0 > 0x20 && $0 < 0x7F }, place())
            let path = String(decoding: once.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
            guard path.hasPrefix("/") else { continue }
            let segments = path.split(separator: "/", omittingEmptySubsequences: false)
            check(!segments.contains(".") && !segments.contains(".."), place())
            if normalization == .cloudflare { check(!path.contains("//") && !path.contains("\\"), place()) }
        }
    }

    @Test func `a long climb is linear`() {
        let deep = String(repeating: "/a", count: 100_000) + String(repeating: "/..", count: 100_000)
        #expect(normal(deep, .rfc3986) == "/")
    }

    /// A cookie of `/../../x` behind the URL in a key took the page's own path back.
    @Test func `what follows a target takes nothing of it back`() {
        var random = SeededGenerator()
        let pieces = ["/", "/", "a", ".", "..", "%2e", "?", "b", "%2F", "\\"]
        for _ in 0..<5_000 {
            let target = "/" + (0..<random.number(0...6)).map { _ in random.pick(pieces) }.joined()
            let rest = (0..<random.number(0...6)).map { _ in random.pick(pieces) }.joined()
            for normalization in URLNormalization.allCases {
                let forms = normalization.normalize(beginning: Array((target + rest).utf8))
                let normal = normalization.normalize(Array(target.utf8))
                let isFound = forms.contains { $0.starts(with: normal) }
                #expect(isFound || target.hasSuffix(".") || target.hasSuffix("2e"), "\(target) \(rest), \(random.seed)")
                #expect(forms.count <= URLNormalization.formsMax)
            }
        }
    }
}
