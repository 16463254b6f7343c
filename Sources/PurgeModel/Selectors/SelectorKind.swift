/// By what a purge names objects, for counting purges.
package enum SelectorKind: String, Sendable, Hashable, CaseIterable {
    case url
    case tag
    case host
    case prefix
    case everything
    /// More than one of them at once.
    case mixed
}

extension Selectors {
    /// The one kind of selector that is used, or ``SelectorKind/mixed``.
    package var kind: SelectorKind {
        if everything { return .everything }
        let used: [(Bool, SelectorKind)] = [
            (!urls.isEmpty, .url), (!tags.isEmpty, .tag), (!hosts.isEmpty, .host), (!prefixes.isEmpty, .prefix),
        ]
        let kinds = used.filter(\.0).map(\.1)
        return kinds.count == 1 ? kinds[0] : .mixed
    }
}
