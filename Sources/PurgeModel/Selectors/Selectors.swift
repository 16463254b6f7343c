/// What a purge names.
///
/// The lists add up: an object goes when any of them names it.
package struct Selectors: Sendable, Hashable {
    package var urls: [PurgeURL]
    package var tags: [CacheTag]
    package var hosts: [HostName]
    package var prefixes: [PathPrefix]

    /// Every object in scope; stands alone.
    package var everything: Bool

    package init(
        urls: [PurgeURL] = [], tags: [CacheTag] = [], hosts: [HostName] = [], prefixes: [PathPrefix] = [],
        everything: Bool = false
    ) {
        self.urls = urls
        self.tags = tags
        self.hosts = hosts
        self.prefixes = prefixes
        self.everything = everything
    }

    /// How many keys it is for rate limits; `everything` is one.
    package var keyCount: Int {
        urls.count + tags.count + hosts.count + prefixes.count + (everything ? 1 : 0)
    }

    /// Checks what no single selector shows: that something is named, that `everything` stands alone, that tags and
    /// `everything` have a scope, and that all hosts named are inside the scope where there is one.
    package func validate(in scope: Scope) throws(SelectorError) {
        guard keyCount > 0 else {
            throw SelectorError(
                .emptySelectors,
                message: "The purge names nothing: give at least one of urls, tags, hosts, prefixes or everything.")
        }
        guard !everything || keyCount == 1 else {
            throw SelectorError(
                .everythingWithOthers,
                message: "\"everything\" was given together with other selectors; send it alone or leave it out.")
        }
        guard !scope.isEmpty || !everything && tags.isEmpty else {
            throw SelectorError(
                .scopeRequired,
                message:
                    "A purge by \(everything ? "everything" : "tags") needs a scope: the hosts it may touch, or "
                    + "[\"*\"]."
            )
        }
        guard !scope.isEmpty else { return }
        let index = ScopeIndex(scope)
        for url in urls where !index.contains(url.host) {
            throw Self.outOfScope("url", QuotedValue(url.description))
        }
        for host in hosts where !index.contains(host) {
            throw Self.outOfScope("host", QuotedValue(host.name))
        }
        for prefix in prefixes where !index.contains(prefix.host) {
            throw Self.outOfScope("prefix", QuotedValue(prefix.description))
        }
    }

    private static func outOfScope(_ kind: String, _ value: QuotedValue) -> SelectorError {
        SelectorError(
            .outOfScope,
            message: "Unable to purge the \(kind) \(value): its host is outside the scope of this purge.")
    }
}
