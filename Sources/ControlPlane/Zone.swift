package import PurgeModel

/// The owner of some hosts: what a purge request names in its path, and what it may touch.
package struct Zone: Sendable, Hashable {
    /// 32 hexadecimal digits in lower case, as Cloudflare's clients expect.
    package let id: String
    /// What people call it, usually its domain.
    package let name: String
    /// The hosts a purge of this zone may touch; never empty.
    package let scope: Scope

    /// Creates a zone.
    ///
    /// Throws ``ZoneError`` when the id is not 32 hexadecimal digits, the name is empty, or the scope names no host.
    package init(id: String, name: String, scope: Scope) throws(ZoneError) {
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
        self.scope = scope
    }
}
