import PurgeModel
import TestSupport

/// Purges of valid parts, as odd as the limits allow.
enum RandomEvent {
    /// Text of any kind that a person could have typed.
    static func words(_ random: inout SeededGenerator) -> String {
        random.text(upTo: 20, of: "abc XYZ019-_.:/\\\"'<>{}[]%&?#\u{e9}\u{4e2d}\u{1F600}\u{2028}")
    }

    static func host(_ random: inout SeededGenerator) throws -> HostName {
        if random.once(in: 8) {
            return try HostName(validating: random.pick(["[::1]", "[2001:DB8::ff]", "10.0.0.1", "255.255.255.255"]))
        }
        let labels = (0..<random.number(1...4)).map { _ in
            random.pick(["a", "Z", "0", "_", "-"]) + random.text(upTo: 10, of: "abcXYZ019-_")
        }
        let ending = random.pick(["", ".", ":80", ":65535"])
        // A label of letters at the end, or digits alone could be read as an address.
        return try HostName(validating: (labels + ["example"]).joined(separator: ".") + ending)
    }

    static func target(_ random: inout SeededGenerator) -> String {
        "/" + random.text(upTo: 30, of: "ab/./..//%41%2f%2e%e4%zz;=+&?*~\\|\u{e9}\u{4e2d}")
    }

    static func url(_ random: inout SeededGenerator) throws -> PurgeURL {
        let scheme = random.pick(["http", "https", "HTTPS", "Http"])
        return try PurgeURL(validating: "\(scheme)://\(host(&random))\(target(&random))")
    }

    static func tag(_ random: inout SeededGenerator) throws -> CacheTag {
        let text = random.pick(["t", "T", "0", "*"]) + random.text(upTo: 30, of: "abcXYZ019-_:;.!\"\\/%&{}[]")
        return try CacheTag(validating: text)
    }

    static func prefix(_ random: inout SeededGenerator) throws -> PathPrefix {
        let path = target(&random).prefix { $0 != "?" && $0 != "#" }
        return try PathPrefix(validating: "\(host(&random))\(random.once(in: 4) ? "" : path)")
    }

    static func pattern(_ random: inout SeededGenerator) throws -> HostPattern {
        let host = try host(&random)
        return host.isAddress || random.once(in: 2) ? .exact(host) : .subdomains(host)
    }

    static func event(_ random: inout SeededGenerator) throws -> PurgeEvent {
        var selectors = Selectors(everything: random.once(in: 6))
        if !selectors.everything {
            for _ in 0..<random.number(1...5) {
                switch random.number(0...3) {
                case 0: selectors.urls.append(try url(&random))
                case 1: selectors.tags.append(try tag(&random))
                case 2: selectors.hosts.append(try host(&random))
                default: selectors.prefixes.append(try prefix(&random))
                }
            }
        }
        // A scope that holds every host named, or all.
        let named =
            selectors.urls.map(\.host) + selectors.hosts + selectors.prefixes.map(\.host)
        var patterns = named.map { HostPattern.exact($0) }
        for _ in 0..<random.number(1...2) { patterns.append(try pattern(&random)) }
        let zone = "z" + random.text(upTo: 10, of: "abc XYZ019-_\u{e9}")
        return PurgeEvent(
            id: .random(using: &random), zone: zone, scope: random.once(in: 4) ? .all : Scope(patterns),
            selectors: selectors, mode: random.once(in: 2) ? .delete : .invalidate,
            acceptedAt: Timestamp(milliseconds: random.oddNumber()), source: words(&random),
            reason: random.once(in: 2) ? nil : words(&random))
    }
}
