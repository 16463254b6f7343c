import PurgeModel

/// What a purge names and what an object can be named by, as numbers that are equal where the two meet.
///
/// A number is a hash with a key drawn at the start of the process, so nobody can make two names meet. That two do by chance (one in
/// 2^64) costs an extra miss. So a table of many thousand guards is asked with a few look-ups, and keeps no text.
enum GuardNames {
    /// The kinds of names; those that no guard uses are not worked out for an object.
    struct Kinds: OptionSet, Hashable {
        let rawValue: UInt8

        static let urls = Kinds(rawValue: 1)
        static let hosts = Kinds(rawValue: 2)
        static let prefixes = Kinds(rawValue: 4)
        static let tags = Kinds(rawValue: 8)
        static let everything = Kinds(rawValue: 16)
    }

    // MARK: Of a purge

    /// The names that a purge guards.
    static func names(
        of selectors: Selectors, scope: Scope, normalization: URLNormalization
    ) -> (names: [Int], kinds: Kinds) {
        var names: [Int] = []
        var kinds: Kinds = []
        if selectors.everything {
            kinds.insert(.everything)
            names += scope.patterns.map { everything($0) }
        }
        for host in selectors.hosts {
            kinds.insert(.hosts)
            names.append(self.host(Array(host.reversed.utf8)))
        }
        for url in selectors.urls {
            kinds.insert(.urls)
            names.append(self.url(Array(url.host.reversed.utf8), normalization.normalize(url.target)))
        }
        for prefix in selectors.prefixes {
            kinds.insert(.prefixes)
            names.append(self.prefix(Array(prefix.host.reversed.utf8), prefix.normalized(by: normalization).path))
        }
        for tag in selectors.tags {
            kinds.insert(.tags)
            names += scope.patterns.map { self.tag(tag.bytes, $0) }
        }
        return (names, kinds)
    }

    /// One URL, by its host with the labels reversed and its normalised target.
    static func url(_ reversedHost: [UInt8], _ target: [UInt8]) -> Int {
        var hasher = hasher(.urls, reversedHost)
        hasher.combine(target)
        return hasher.finalize()
    }

    private static func host(_ reversedHost: [UInt8]) -> Int { hasher(.hosts, reversedHost).finalize() }

    private static func prefix(_ reversedHost: [UInt8], _ path: [UInt8]) -> Int {
        var hasher = hasher(.prefixes, reversedHost)
        for byte in path { hasher.combine(byte) }
        return hasher.finalize()
    }

    private static func everything(_ pattern: HostPattern) -> Int { Self.pattern(hasher(.everything, []), pattern) }

    private static func tag(_ tag: [UInt8], _ pattern: HostPattern) -> Int { Self.pattern(hasher(.tags, tag), pattern) }

    // MARK: Of an object

    /// Calls `body` with every name under which a guard could mean this object, some of them twice.
    static func forEachName(of object: StoredObject, _ kinds: Kinds, _ body: (Int) -> Void) {
        for host in object.reversedHosts {
            if kinds.contains(.urls) { body(url(host, object.target)) }
            if kinds.contains(.hosts) { body(self.host(host)) }
            if kinds.contains(.prefixes) { forEachPrefix(host, object.target, body) }
        }
        if kinds.contains(.everything) { forEachPattern(hasher(.everything, []), object.reversedHosts, body) }
        if kinds.contains(.tags) {
            for tag in object.tags { forEachPattern(hasher(.tags, tag), object.reversedHosts, body) }
        }
    }

    /// Every prefix that means this target: it ends before or after a slash, before the query, or is the whole path.
    private static func forEachPrefix(_ host: [UInt8], _ target: [UInt8], _ body: (Int) -> Void) {
        var hasher = hasher(.prefixes, host)
        var name = hasher
        body(name.finalize())
        for byte in target {
            let isSlash = byte == UInt8(ascii: "/")
            if isSlash || byte == UInt8(ascii: "?") {
                name = hasher
                body(name.finalize())
            }
            guard byte != UInt8(ascii: "?") else { return }
            hasher.combine(byte)
            guard isSlash else { continue }
            name = hasher
            body(name.finalize())
        }
        body(hasher.finalize())
    }

    /// Every host pattern that fits one of the hosts.
    private static func forEachPattern(_ hasher: Hasher, _ reversedHosts: [[UInt8]], _ body: (Int) -> Void) {
        body(patternAny(hasher))
        for host in reversedHosts {
            body(patternExact(hasher, host))
            guard !isAddress(host) else { continue }
            for index in host.indices where host[index] == UInt8(ascii: ".") {
                body(patternBelow(hasher, Array(host[..<index])))
            }
        }
    }

    /// Addresses are kept as they are, not reversed: `1.2.3.4` is not below a host called `2.1`.
    private static func isAddress(_ host: [UInt8]) -> Bool {
        guard let first = host.first, first == UInt8(ascii: "[") || (0x30...0x39).contains(first) else { return false }
        return (try? HostName(validating: host.span))?.isAddress == true
    }

    // MARK: Hashing

    private static func hasher(_ kind: Kinds, _ bytes: [UInt8]) -> Hasher {
        var hasher = Hasher()
        hasher.combine(kind)
        hasher.combine(bytes)
        return hasher
    }

    private static func pattern(_ hasher: Hasher, _ pattern: HostPattern) -> Int {
        switch pattern {
        case .any: patternAny(hasher)
        case .exact(let host): patternExact(hasher, Array(host.reversed.utf8))
        case .subdomains(let host): patternBelow(hasher, Array(host.reversed.utf8))
        }
    }

    private static func patternAny(_ hasher: Hasher) -> Int { finish(hasher, 0, []) }
    private static func patternExact(_ hasher: Hasher, _ host: [UInt8]) -> Int { finish(hasher, 1, host) }
    private static func patternBelow(_ hasher: Hasher, _ host: [UInt8]) -> Int { finish(hasher, 2, host) }

    private static func finish(_ hasher: Hasher, _ kind: UInt8, _ host: [UInt8]) -> Int {
        var hasher = hasher
        hasher.combine(kind)
        hasher.combine(host)
        return hasher.finalize()
    }
}
