package import PurgeModel

/// The owner of some hosts: what a purge request names in its path, and what it may touch.
package struct Zone: Sendable, Hashable {
    /// 32 hexadecimal digits in lower case, as Cloudflare's clients expect.
    package let id: String
    /// What people call it, usually its domain.
    package let name: String
    /// The hosts a purge of this zone may touch; never empty.
    package let scope: Scope
    /// Whose rate limits its purges count for; zones of one account share them.
    package let account: String
    /// How much it may purge.
    package let limits: ZoneLimits

    /// Creates a zone; without an account it is one of its own, with its id as name.
    ///
    /// Throws ``ZoneError`` when the id is not 32 hexadecimal digits, the name is empty, or the scope names no host.
    package init(
        id: String, name: String, scope: Scope, account: String? = nil, limits: ZoneLimits = ZoneLimits()
    ) throws(ZoneError) {
        let lowered = id.lowercased()
        guard PurgeID(lowered) != nil else {
            throw ZoneError("zone id \"\(id)\" is not 32 hexadecimal digits; make one with: openssl rand -hex 16")
        }
        guard !name.isEmpty else { throw ZoneError("zone \(lowered) has no name; give it one, such as its domain") }
        guard !scope.isEmpty else {
            throw ZoneError(
                "zone \(lowered) (\(name)) has no scope; list its hosts, such as example.com and *.example.com")
        }
        self.id = lowered
        self.name = name
        guard (limits.burst == nil) == (limits.requestsPerMinute == nil) || limits.plan != .unlimited else {
            throw ZoneError(
                "zone \(lowered) (\(name)) has one of limits.burst and limits.requests_per_minute; give both, or a plan"
            )
        }
        self.scope = scope
        self.account = account ?? lowered
        self.limits = limits
    }
}
