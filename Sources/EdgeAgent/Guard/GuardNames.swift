import PurgeModel

/// What a purge names and what an object can be named by, as numbers that are equal where the two meet.
///
/// A number is a hash with a key drawn at the start of the process, so nobody can make two names meet. That two do by
/// chance (one in 2^64) costs an extra miss. So a table of many thousand guards is asked with a few look-ups, and keeps
/// no text.
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

    /// What a purge is found by.
    struct OfPurge {
        /// Names that say all: its URLs, hosts and prefixes.
        var whole: [Int] = []
        /// Its tags, and that it means everything: they count together with a cover, see ``covered(_:by:)``.
        var scoped: [Int] = []
        /// The host patterns of its scope.
        var patterns: [Int] = []
        var kinds: Kinds = []

        /// Adds everything in a scope.
        fileprivate mutating func addAll(in scope: Scope) {
            guard !scope.isEmpty else { return }
            kinds.insert(.everything)
            scoped.append(everything)
            patterns = scope.patterns.map { pattern($0) }
        }
    }

    /// The names that a purge guards.
    static func names(
        of selectors: Selectors, scope: Scope, forms: URLForms, grain: GuardGrain = .exact
    ) -> OfPurge {
        switch grain {
        case .exact: return names(of: selectors, scope: scope, forms: forms)
        case .hosts, .scope:
            var names = OfPurge()
            if grain == .hosts || scope.isEmpty {
                let named =
                    Set(selectors.hosts).union(selectors.urls.lazy.map(\.host))
                    .union(selectors.prefixes.lazy.map(\.host))
                names = hosts(named.map { Array($0.reversed.utf8) })
            }
            if grain == .scope || !selectors.tags.isEmpty || selectors.everything { names.addAll(in: scope) }
            return names
        case .all:
            var names = OfPurge()
            names.addAll(in: .all)
            return names
        }
    }

    /// One URL under all its names.
    static func url(reversedHosts: [[UInt8]], targets: [[UInt8]]) -> OfPurge {
        OfPurge(whole: reversedHosts.flatMap { host in targets.map { url(host, $0) } }, kinds: .urls)
    }

    /// Whole hosts.
    static func hosts(_ reversedHosts: [[UInt8]]) -> OfPurge {
        OfPurge(whole: reversedHosts.map(host), kinds: reversedHosts.isEmpty ? [] : .hosts)
    }

    private static func names(of selectors: Selectors, scope: Scope, forms: URLForms) -> OfPurge {
        var names = OfPurge()
        if selectors.everything {
            names.kinds.insert(.everything)
            names.scoped.append(everything)
        }
        for host in selectors.hosts {
            names.kinds.insert(.hosts)
            names.whole.append(self.host(Array(host.reversed.utf8)))
        }
        if !selectors.urls.isEmpty { names.kinds.insert(.urls) }
        names.whole.reserveCapacity(names.whole.count + selectors.urls.count * forms.forms.count)
        var starts = HostStart(.urls)
        for url in selectors.urls {
            let start = starts.of(url.host)
            for form in forms.targets(of: url) { names.whole.append(name(start, form.target)) }
        }
        if !selectors.prefixes.isEmpty { names.kinds.insert(.prefixes) }
        starts = HostStart(.prefixes)
        for prefix in selectors.prefixes {
            let start = starts.of(prefix.host)
            for form in forms.targets(of: prefix) { names.whole.append(name(start, form.target)) }
        }
        for tag in selectors.tags {
            names.kinds.insert(.tags)
            names.scoped.append(self.tag(tag.bytes))
        }
        if !names.scoped.isEmpty { names.patterns = scope.patterns.map { pattern($0) } }
        return names
    }

    /// The name of something scoped under one cover: a host pattern, or a whole scope.
    static func covered(_ scoped: Int, by cover: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(scoped)
        hasher.combine(cover)
        return hasher.finalize()
    }

    /// A whole scope as a cover: the same for the same patterns in the same order.
    static func scope(_ patterns: [Int]) -> Int {
        var hasher = Hasher()
        hasher.combine(patterns)
        return hasher.finalize()
    }

    /// One URL, by its host with the labels reversed and its normalised target.
    static func url(_ reversedHost: [UInt8], _ target: [UInt8]) -> Int {
        name(hasher(.urls, reversedHost), target)
    }

    private static func host(_ reversedHost: [UInt8]) -> Int { hasher(.hosts, reversedHost).finalize() }

    private static let everything = hasher(.everything, []).finalize()

    private static func tag(_ tag: [UInt8]) -> Int { hasher(.tags, tag).finalize() }

    // MARK: Of an object

    /// Calls `body` with every name under which a guard could mean this object, some of them twice.
    ///
    /// - Parameter covers: host patterns that fit one of its hosts, and scopes that have one of these.
    static func forEachName(of object: StoredObject, _ kinds: Kinds, covers: [Int], _ body: (Int) -> Void) {
        for host in object.reversedHosts {
            if kinds.contains(.hosts) { body(self.host(host)) }
            for target in object.targets {
                if kinds.contains(.urls) { forEachURL(host, target, body) }
                if kinds.contains(.prefixes) { forEachPrefix(host, target, body) }
            }
        }
        if kinds.contains(.everything) { for cover in covers { body(covered(everything, by: cover)) } }
        guard kinds.contains(.tags) else { return }
        for tag in object.tags.map({ self.tag($0) }) {
            for cover in covers { body(covered(tag, by: cover)) }
        }
    }

    /// The URL, or every URL that an open target begins with.
    private static func forEachURL(_ host: [UInt8], _ target: [UInt8], _ body: (Int) -> Void) {
        let head = TargetForm.head(of: target)
        guard head.isOpen else { return body(url(host, target)) }
        var hasher = hasher(.urls, host)
        for byte in target[..<head.end] { hasher.combine(byte) }
        forEachBeginning(of: target[head.end...], hasher, body)
    }

    private static func forEachBeginning(of text: ArraySlice<UInt8>, _ start: Hasher, _ body: (Int) -> Void) {
        var hasher = start
        for byte in text {
            hasher.combine(byte)
            let name = hasher
            body(name.finalize())
        }
    }

    /// Every prefix that means this target: it ends before or after a slash, before the query, or is the whole path.
    private static func forEachPrefix(_ host: [UInt8], _ target: [UInt8], _ body: (Int) -> Void) {
        let head = TargetForm.head(of: target)
        var hasher = hasher(.prefixes, host)
        for byte in target[..<head.end] { hasher.combine(byte) }
        guard !head.isText else {
            let name = hasher
            body(name.finalize())
            return forEachBeginning(of: target[head.end...], hasher, body)
        }
        var name = hasher
        body(name.finalize())
        for byte in target[head.end...] {
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

    /// Every host pattern that fits one of the hosts, whether a guard has it or not.
    static func patterns(fitting reversedHosts: [[UInt8]]) -> [Int] {
        var patterns = [patternAny]
        for host in reversedHosts {
            patterns.append(patternExact(host))
            guard !isAddress(host) else { continue }
            for index in host.indices where host[index] == UInt8(ascii: ".") {
                patterns.append(patternBelow(Array(host[..<index])))
            }
        }
        return patterns
    }

    /// Addresses are kept as they are, not reversed: `1.2.3.4` is not below a host called `2.1`.
    private static func isAddress(_ host: [UInt8]) -> Bool {
        guard let first = host.first, first == UInt8(ascii: "[") || (0x30...0x39).contains(first) else { return false }
        return (try? HostName(validating: host.span))?.isAddress == true
    }

    // MARK: Hashing

    /// How the names of a host's URLs or prefixes begin; long lists are mostly of one host.
    private struct HostStart {
        private let kind: Kinds
        private var last: (host: HostName, hasher: Hasher)?

        init(_ kind: Kinds) { self.kind = kind }

        mutating func of(_ host: HostName) -> Hasher {
            if let last, last.host == host { return last.hasher }
            let hasher = hasher(kind, Array(host.reversed.utf8))
            last = (host, hasher)
            return hasher
        }
    }

    private static func name(_ start: Hasher, _ text: [UInt8]) -> Int {
        var hasher = start
        for byte in text { hasher.combine(byte) }
        return hasher.finalize()
    }

    private static func hasher(_ kind: Kinds, _ bytes: [UInt8]) -> Hasher {
        var hasher = Hasher()
        hasher.combine(kind)
        // Its length first: what follows is not to be read as part of it.
        hasher.combine(bytes.count)
        // Eight bytes at a time; tags may be long, and a purge may have many.
        var word: UInt64 = 0
        let span = bytes.span
        for index in span.indices {
            word = word << 8 | UInt64(span[index])
            if index % 8 == 7 { hasher.combine(word) }
        }
        hasher.combine(word)
        return hasher
    }

    private static func pattern(_ pattern: HostPattern) -> Int {
        switch pattern {
        case .any: patternAny
        case .exact(let host): patternExact(Array(host.reversed.utf8))
        case .subdomains(let host): patternBelow(Array(host.reversed.utf8))
        }
    }

    private static let patternAny = pattern(0, [])
    private static func patternExact(_ host: [UInt8]) -> Int { pattern(1, host) }
    private static func patternBelow(_ host: [UInt8]) -> Int { pattern(2, host) }

    private static func pattern(_ kind: UInt8, _ host: [UInt8]) -> Int {
        var hasher = Hasher()
        hasher.combine(kind)
        hasher.combine(host)
        return hasher.finalize()
    }
}
