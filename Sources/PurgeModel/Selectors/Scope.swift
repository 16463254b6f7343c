/// The hosts that a purge may touch: a list of patterns, of which one must match.
package struct Scope: Sendable, Hashable {
    /// Every host.
    package static let all = Scope([.any])

    /// No pattern: the purge has no scope of its own, its URLs, hosts and prefixes name their hosts.
    package static let none = Scope([])

    package let patterns: [HostPattern]

    package init(_ patterns: [HostPattern]) {
        self.patterns = patterns
    }

    package var isEmpty: Bool { patterns.isEmpty }

    package func contains(_ host: HostName) -> Bool {
        patterns.contains { $0.matches(host) }
    }
}
