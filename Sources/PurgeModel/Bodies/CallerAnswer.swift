/// The answer of `GET /v1/me`: what the token that was sent allows.
package struct CallerAnswer: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case name, permissions, zones
    }

    /// The name of the token; absent where no tokens are configured.
    package let name: String?
    /// `read`, `cache_purge`, `admin`.
    package let permissions: [String]
    /// The ids of the zones that may be purged, or `*`.
    package let zones: [String]

    package init(name: String?, permissions: [String], zones: [String]) {
        self.name = name
        self.permissions = permissions
        self.zones = zones
    }
}
