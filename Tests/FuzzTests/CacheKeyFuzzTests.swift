import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Keys that a template made are taken apart again; others never trap.
@Suite(.offPool) struct CacheKeyFuzzTests {
    /// A template, and how nginx would fill it in.
    struct Form: Sendable {
        var template: String
        var key:
            @Sendable (_ host: String, _ target: String, _ slice: String, _ random: inout SeededGenerator) -> String
    }

    private static let forms = [
        Form(template: "$scheme://$host$request_uri$slice_range") { host, target, slice, random in
            "\(random.pick(["http", "https"]))://\(host)\(target)\(slice)"
        },
        Form(template: "$scheme$proxy_host$request_uri") { host, target, _, random in
            "\(random.pick(["http", "https"]))\(host)\(target)"
        },
        Form(template: "$request_method|$host$request_uri|$cookie_lang") { host, target, _, random in
            "\(random.pick(["GET", "HEAD"]))|\(host)\(target)|\(random.text(upTo: 5, of: "de-"))"
        },
        Form(template: "v1:$http_host$request_uri#$http_accept_encoding#$slice_range") { host, target, slice, random in
            "v1:\(host)\(target)#\(random.text(upTo: 9, of: "gzip, br"))#\(slice)"
        },
        Form(template: "$host:$server_port$request_uri") { host, target, _, random in
            "\(host):\(random.number(1...65_535))\(target)"
        },
    ]

    @Test(arguments: 0..<forms.count)
    func `a key is taken apart into what it was made of`(form: Int) throws {
        let form = Self.forms[form]
        let template = try CacheKeyTemplate(form.template)
        let hasSlice = form.template.contains("slice")
        Fuzz.run(3_000) { random in
            let host = random.pick([
                "shop.example", "s", "[::1]", "10.0.0.1", "a-b.c_d", "https.example", "GET.example",
            ])
            let target = "/" + random.text(upTo: 20, of: "ab/?&=%2f.~+bytes=09-")
            let slice = hasSlice && random.once(in: 2) ? "bytes=0-\(random.number(0...99))" : ""
            let key = form.key(host, target, slice, &random)
            let found = template.parse(Array(key.utf8)[...], .none)
            // A target that ends as a slice does cannot be told from one.
            guard slice.isEmpty == false || target.firstRange(of: /bytes=\d+-\d+/) == nil else { return }
            let expected = Array(target.utf8)
            try Fuzz.check(
                found?.targets.contains(expected) == true || target.hasSuffix("?"),
                "\(key.debugDescription): \(found as Any)")
            let hosts = (found?.hosts ?? []).map { String(decoding: $0, as: UTF8.self) }
            try Fuzz.check(
                hosts.contains { $0 == host || $0.hasPrefix("\(host):") }, "\(key.debugDescription): \(hosts)")
            try Fuzz.check(found?.isSlice == !slice.isEmpty, "slice of \(key.debugDescription)")
        }
    }

    @Test(arguments: 0..<forms.count)
    func `any bytes are a key with a target and a few hosts, or none`(form: Int) throws {
        let form = Self.forms[form]
        let template = try CacheKeyTemplate(form.template)
        Fuzz.run(2_000) { random in
            var key = Array(form.key("shop.example", "/a/b?c", "bytes=0-9", &random).utf8)
            for _ in 0..<random.number(1...4) where !key.isEmpty {
                let position = random.number(0...key.count - 1)
                switch random.number(0...3) {
                case 0: key[position] = UInt8.random(in: 0...255, using: &random)
                case 1: key.removeSubrange(position...)
                case 2: key.insert(contentsOf: key[..<position], at: 0)
                default:
                    key.insert(
                        contentsOf: Array(random.pick(["bytes=", "://", "|", "#", "/", ":"]).utf8), at: position)
                }
            }
            guard let found = template.parse(key[...], .none) else { return }
            try Fuzz.check(found.targets.allSatisfy { !$0.isEmpty }, "\(key)")
            try Fuzz.check((1...64).contains(found.hosts.count), "\(key)")
            for host in found.hosts { try Fuzz.check(!host.isEmpty && host.count <= key.count, "\(key)") }
        }
    }
}
