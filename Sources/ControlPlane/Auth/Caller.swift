/// Who sent a request, and what they may do.
struct Caller: Sendable, Hashable {
    /// The name of the token; nil where no tokens are configured.
    let name: String?
    /// The id of the token; nil where no tokens are configured.
    let tokenID: String?
    private let permissions: Set<Permission>
    private let zones: ZoneGrant

    /// Nobody yet: a request that was not looked at, or a route that is open to all.
    static let nobody = Caller(name: nil, permissions: [], zones: .some([]))
    /// Whoever reaches a control plane on loopback that has no tokens.
    static let anybodyHere = Caller(name: nil, permissions: [.admin], zones: .all)

    /// Somebody with these rights.
    init(name: String?, tokenID: String? = nil, permissions: Set<Permission>, zones: ZoneGrant) {
        self.name = name
        self.tokenID = tokenID
        self.permissions = permissions
        self.zones = zones
    }

    /// Whoever sent this token.
    init(_ token: AccessToken) {
        self.init(name: token.name, tokenID: token.id, permissions: token.permissions, zones: token.zones)
    }

    /// Whether a permission is there; `cache_purge` may still be missing for a certain zone.
    func may(_ permission: Permission) -> Bool {
        permissions.contains(.admin) || permissions.contains(permission)
    }

    /// Whether the zone with this id may be purged.
    func mayPurge(_ zone: String) -> Bool {
        permissions.contains(.admin) || permissions.contains(.cachePurge) && zones.contains(zone)
    }

    /// Whether the zone with this id and its purges may be seen.
    func maySee(_ zone: String) -> Bool {
        may(.read) || mayPurge(zone)
    }

    /// Everything that is allowed, in the order of the documents.
    var effectivePermissions: [Permission] { Permission.allCases.filter(may) }

    /// The zones that may be purged.
    var effectiveZones: ZoneGrant {
        if permissions.contains(.admin) { return .all }
        return permissions.contains(.cachePurge) ? zones : .some([])
    }

    /// What stands as `source` in the events of this caller's purges.
    var source: String { name.map { "api/\($0)" } ?? "api" }
}
