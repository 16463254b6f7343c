/// A scope that is asked about many hosts: each costs a look-up for each of its labels, however many patterns there
/// are.
///
/// One event may name tens of thousands of both.
struct ScopeIndex {
    private var hasAny = false
    private var hosts: Set<HostName> = []
    /// The hosts below which every host is meant, by their names.
    private var above: Set<Substring> = []

    init(_ scope: Scope) {
        for pattern in scope.patterns {
            switch pattern {
            case .any: hasAny = true
            case .exact(let host): hosts.insert(host)
            case .subdomains(let host): above.insert(host.name[...])
            }
        }
    }

    /// As ``Scope/contains(_:)``.
    func contains(_ host: HostName) -> Bool {
        if hasAny || hosts.contains(host) { return true }
        guard !above.isEmpty, !host.isAddress else { return false }
        var rest = host.name[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            if above.contains(rest) { return true }
        }
        return false
    }
}
