/// The scopes of the purges that guard, found by the hosts they cover.
///
/// So a tag is kept once for a scope, not once for each host pattern of it: a zone has two patterns or a hundred.
struct GuardScopes {
    private struct Standing {
        let patterns: [Int]
        var guards: Int
    }

    private var standing: [Int: Standing] = [:]
    /// The scopes that have a pattern.
    private var scopes: [Int: [Int]] = [:]

    /// Scopes kept at once, and patterns of one; beyond them each pattern is a cover of its own.
    ///
    /// An object is looked up once for each scope that covers it, so there must not be thousands.
    private let scopesMax = 64
    private let patternsMax = 1000

    /// Begins to use a scope; returns the covers that its purge is to be kept under.
    ///
    /// Tell the end with ``end(_:)`` once for each call.
    mutating func begin(_ patterns: [Int]) -> [Int] {
        guard patterns.count > 1, patterns.count <= patternsMax else { return patterns }
        let scope = GuardNames.scope(patterns)
        if standing[scope] == nil {
            guard standing.count < scopesMax else { return patterns }
            standing[scope] = Standing(patterns: patterns, guards: 0)
            for pattern in Set(patterns) { scopes[pattern, default: []].append(scope) }
        }
        standing[scope]?.guards += 1
        return [scope]
    }

    /// Ends one use of what ``begin(_:)`` returned.
    mutating func end(_ covers: [Int]) {
        guard covers.count == 1, let scope = covers.first, let known = standing[scope] else { return }
        guard known.guards == 1 else {
            standing[scope]?.guards -= 1
            return
        }
        standing[scope] = nil
        for pattern in Set(known.patterns) {
            scopes[pattern]?.removeAll { $0 == scope }
            if scopes[pattern]?.isEmpty == true { scopes[pattern] = nil }
        }
    }

    /// All covers under which a guard could mean an object with these hosts.
    func covers(of reversedHosts: [[UInt8]]) -> [Int] {
        let patterns = GuardNames.patterns(fitting: reversedHosts)
        guard !scopes.isEmpty else { return patterns }
        return patterns + Set(patterns.flatMap { scopes[$0] ?? [] })
    }
}
