import PurgeModel
import TestSupport

@testable import EdgeAgent

/// What the index should answer, worked out by looking at every object.
struct NaiveIndex {
    struct Entry {
        var object: StoredObject
        var hosts: [HostName]
    }

    var entries: [ObjectKey: Entry] = [:]
    let normalization: URLNormalization

    func matches(_ selectors: Selectors, _ scope: Scope) -> Set<ObjectKey> {
        Set(entries.filter { isNamed($0.value, selectors, scope) }.keys)
    }

    private func isNamed(_ entry: Entry, _ selectors: Selectors, _ scope: Scope) -> Bool {
        let isInScope = scope.patterns.contains { pattern in
            if case .any = pattern { true } else { entry.hosts.contains { pattern.matches($0) } }
        }
        if selectors.everything || selectors.tags.contains(where: { entry.object.tags.contains($0.bytes) }), isInScope {
            return true
        }
        return entry.hosts.contains { host in
            selectors.hosts.contains(host)
                || selectors.urls.contains { url in
                    url.host == host && normalization.normalize(url.target) == entry.object.targets[0]
                }
                || selectors.prefixes.contains { prefix in
                    prefix.host == host
                        && prefix.normalized(by: normalization).matches(normalizedTarget: entry.object.targets[0])
                }
        }
    }
}

/// Draws objects and purges from few values, so that they meet.
struct RandomPurges {
    static let hosts = [
        "example.com", "www.example.com", "a.www.example.com", "xexample.com", "example.com.evil.test", "com",
        "10.0.0.1",
        "0.1", "[::1]", "shop.test",
    ]
    static let targets = [
        "/", "/a", "/a/", "/a/b", "/a/bc", "/a/b/c", "/a/b?x", "/a?b", "/a/b/", "/a//b", "/%61/b", "/b", "/a/b?x=/c",
        "/ab",
    ]
    static let tags = ["a", "b", "ab", "a-b", "product-1", "product-10"]

    static func selectors(_ random: inout SeededGenerator) throws -> Selectors {
        var selectors = Selectors()
        for _ in 0..<random.number(1...3) {
            let (host, target) = (random.pick(hosts), random.pick(targets))
            switch random.number(0...3) {
            case 0: selectors.urls.append(try PurgeURL(validating: "http://\(host)\(target)"))
            case 1: selectors.tags.append(try CacheTag(validating: random.pick(tags)))
            case 2: selectors.hosts.append(try HostName(validating: host))
            default:
                let path = random.once(in: 4) ? "" : target.split(separator: "?")[0]
                selectors.prefixes.append(try PathPrefix(validating: host + path))
            }
        }
        return random.once(in: 6) ? Selectors(everything: true) : selectors
    }

    static func scope(_ random: inout SeededGenerator) throws -> Scope {
        if random.once(in: 4) { return .all }
        return Scope(
            try (0..<random.number(1...2)).map { _ in
                let host = random.pick(hosts.filter { !$0.hasPrefix("[") })
                let isAddress = try HostName(validating: host).isAddress
                return try HostPattern(validating: random.once(in: 2) || isAddress ? host : "*." + host)
            }
        )
    }
}
