import PurgeModel
import TestSupport
import Testing

@Suite struct HostNameTests {
    @Test(arguments: [
        ("example.com", "example.com"), ("WWW.Example.COM", "www.example.com"), ("example.com.", "example.com"),
        ("example.com:8080", "example.com"), ("example.com.:443", "example.com"), ("example.com:", "example.com"),
        ("localhost", "localhost"), ("a_b-c.example", "a_b-c.example"), ("10.0.0.1:80", "10.0.0.1"), ("123", "123"),
        ("[2001:DB8::1]:8443", "[2001:db8::1]"), ("[::]", "[::]"), ("[::ffff:10.0.0.1]", "[::ffff:10.0.0.1]"),
        ("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]"), ("[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]"),
        ("[1::]", "[1::]"), ("[fe80::1:2]", "[fe80::1:2]"), ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
    ])
    func `hosts are read`(text: String, name: String) throws {
        #expect(try HostName(validating: text).name == name)
        #expect(try HostName(validating: name).name == name)
    }

    @Test(arguments: [
        "", ".", ":", ":80", "..", "a..b", ".a", "a.b..", "a b", "münchen.de", "a/b", "*.a", "*", "a@b", "a:b",
        "a:99999",
        "a:80:80", "::1", "[", "[]", "[::1", "::1]", "[:::]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[::1::]",
        "[12345::]",
        "[1:]", "[:1]", "[g::]", "[fe80::1%eth0]", "[1.2.3.4]", "[::1.2.3]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1]x",
        "a\u{0}b", "a\n",
    ])
    func `what is no host is refused`(text: String) {
        let error = #expect(throws: SelectorError.self) { try HostName(validating: text) }
        #expect(error?.code == .invalidHost)
    }

    @Test func `200 characters fit and 201 do not`() throws {
        let labels = String(repeating: "abcdefghi.", count: 20)
        let fits = String(labels.dropLast())
        #expect(try HostName(validating: fits + "x").name.count == 200)
        #expect(try HostName(validating: fits + "x.:80").name.count == 200)
        let error = #expect(throws: SelectorError.self) { try HostName(validating: fits + "xy") }
        #expect(error?.code == .hostTooLong)
        #expect(throws: SelectorError.self) { try HostName(validating: String(repeating: "a", count: 64)) }
        #expect(try HostName(validating: String(repeating: "a", count: 63)).name.count == 63)
    }

    @Test func `labels are reversed, addresses are not`() throws {
        #expect(try HostName(validating: "www.example.com").reversed == "com.example.www")
        #expect(try HostName(validating: "localhost").reversed == "localhost")
        #expect(try HostName(validating: "10.0.0.1").reversed == "10.0.0.1")
        #expect(try HostName(validating: "10.0.0.256").reversed == "256.0.0.10")
        #expect(try HostName(validating: "[::1]").reversed == "[::1]")
    }

    @Test func `no bytes make it trap`() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("a.:[]0129fF-_*%/@ \n".utf8) + [0, 0x7F, 0x80, 0xFF]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            if let host = try? HostName(validating: bytes.span) {
                check((try? HostName(validating: host.name)) == host, "bytes \(bytes)")
            }
        }
    }
}

@Suite struct ScopeTests {
    private func scope(_ patterns: String...) throws -> Scope {
        Scope(try patterns.map { try HostPattern(validating: $0) })
    }

    @Test(arguments: [
        ("*", "example.com", true), ("*", "10.0.0.1", true), ("example.com", "example.com", true),
        ("Example.COM.", "example.com", true), ("example.com", "www.example.com", false),
        ("*.example.com", "www.example.com", true), ("*.example.com", "a.b.example.com", true),
        ("*.example.com", "example.com", false), ("*.example.com", "badexample.com", false),
        ("*.example.com", "example.com.evil.org", false), ("*.com", "example.com", true),
        ("10.0.0.1", "10.0.0.1", true),
    ])
    func `patterns match`(pattern: String, host: String, isInside: Bool) throws {
        #expect(try scope(pattern).contains(try HostName(validating: host)) == isInside)
    }

    @Test(arguments: ["", "*.", "**", "*.*.com", "www.*.com", "*example.com", "*.10.0.0.1", "*.[::1]", "*.com/x"])
    func `a star elsewhere is refused`(pattern: String) {
        #expect(throws: SelectorError.self) { try HostPattern(validating: pattern) }
    }

    @Test func `one pattern of several is enough, none contains nothing`() throws {
        let host = try HostName(validating: "b.org")
        #expect(try scope("a.org", "b.org").contains(host))
        #expect(!Scope.none.contains(host))
        #expect(Scope.all.contains(host))
    }

    @Test func `patterns are written as they are read`() throws {
        for text in ["*", "example.com", "*.example.com", "[::1]"] {
            #expect(try HostPattern(validating: text).description == text)
        }
    }
}
