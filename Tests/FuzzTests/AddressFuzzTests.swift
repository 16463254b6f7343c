import PurgeModel
import TestSupport
import Testing

/// Hosts, URLs, prefixes, tags and patterns: one spelling in the end, and it means the same.
@Suite(.offPool) struct AddressFuzzTests {
    @Test func `what is shown of a host, URL, prefix, tag or pattern is read as the same`() {
        Fuzz.run(5_000) { random in
            let host = try RandomEvent.host(&random)
            try Fuzz.check(try HostName(validating: host.description) == host, "\(host)")
            let url = try RandomEvent.url(&random)
            try Fuzz.check(try PurgeURL(validating: url.description) == url, "\(url)")
            let prefix = try RandomEvent.prefix(&random)
            try Fuzz.check(try PathPrefix(validating: prefix.description) == prefix, "\(prefix)")
            let tag = try RandomEvent.tag(&random)
            try Fuzz.check(try CacheTag(validating: tag.description) == tag, "\(tag)")
            let pattern = try RandomEvent.pattern(&random)
            try Fuzz.check(try HostPattern(validating: pattern.description) == pattern, "\(pattern)")
        }
    }

    @Test func `any text is a valid value or an error, and a valid value has one spelling`() {
        let alphabet = "aZ0-_.:/\\?#@[]%* ,\u{0}\u{7f}\u{e9}\u{1F600}\t\n"
        Fuzz.run(10_000) { random in
            let text =
                random.pick(["", "", "http://", "https://", "*.", "[", "a.example/"])
                + random.text(upTo: 25, of: alphabet)
            if let host = try? HostName(validating: text) {
                try Fuzz.check(try HostName(validating: host.name) == host, "host \(text.debugDescription)")
                try Fuzz.check(host.name == host.name.lowercased(), "host \(text.debugDescription)")
            }
            if let url = try? PurgeURL(validating: text) {
                try Fuzz.check(try PurgeURL(validating: url.description) == url, "URL \(text.debugDescription)")
            }
            if let prefix = try? PathPrefix(validating: text) {
                let again = try PathPrefix(validating: prefix.description)
                try Fuzz.check(again == prefix, "prefix \(text.debugDescription)")
            }
            if let tag = try? CacheTag(validating: text) {
                try Fuzz.check(try CacheTag(validating: tag.bytes) == tag, "tag \(text.debugDescription)")
            }
            if let pattern = try? HostPattern(validating: text) {
                let again = try HostPattern(validating: pattern.description)
                try Fuzz.check(again == pattern, "pattern \(text.debugDescription)")
            }
        }
    }

    @Test(arguments: [URLNormalization.rfc3986, .cloudflare])
    func `percent-encoding what needs none changes no target`(normalization: URLNormalization) {
        Fuzz.run(3_000) { random in
            let target = Array(RandomEvent.target(&random).utf8)
            let path = target.prefix { $0 != UInt8(ascii: "?") }
            let isUnreserved = { (byte: UInt8) in
                byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
            }
            // Not right after a '%': that would make another encoding of it.
            var encoded: [UInt8] = []
            for (position, byte) in path.enumerated() {
                let isInEncoding = path.prefix(position).suffix(2).contains(UInt8(ascii: "%"))
                if isUnreserved(byte), !isInEncoding, random.once(in: 2) {
                    let digits = String(byte, radix: 16)
                    encoded += Array("%\(random.once(in: 2) ? digits : digits.uppercased())".utf8)
                } else {
                    encoded.append(byte)
                }
            }
            encoded += target.dropFirst(path.count)
            let words = "\(String(decoding: target, as: UTF8.self)) \(String(decoding: encoded, as: UTF8.self))"
            try Fuzz.check(normalization.normalize(target) == normalization.normalize(encoded), words)
        }
    }

    @Test func `a prefix names what lies below it, and its neighbours never`() {
        Fuzz.run(3_000) { random in
            let prefix = try RandomEvent.prefix(&random).normalized(by: .cloudflare)
            let path = prefix.path.isEmpty ? [UInt8(ascii: "/")] : prefix.path
            for tail in ["", "?x", random.once(in: 2) ? "/x" : "/x?y"] {
                let target = URLNormalization.cloudflare.normalize(path + Array(tail.utf8))
                try Fuzz.check(prefix.matches(normalizedTarget: target), "\(prefix) names \(target)")
            }
            guard path.last != UInt8(ascii: "/") else { return }
            let neighbour = path + Array(random.pick(["x", "-", "%2F", ".html"]).utf8)
            try Fuzz.check(!prefix.matches(normalizedTarget: neighbour), "\(prefix) and \(neighbour)")
        }
    }
}
