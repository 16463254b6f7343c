/// The answer of `GET /v1/zones`: the zones that the caller may see.
package struct ZoneList: Codable, Sendable, Hashable {
    /// One zone.
    package struct Zone: Codable, Sendable, Hashable {
        private enum CodingKeys: String, CodingKey {
            case id, name, scope
        }

        /// 32 hexadecimal digits.
        package let id: String
        /// What people call it: `shop.example`.
        package let name: String
        /// The host patterns its purges may touch.
        package let scope: [String]

        package init(id: String, name: String, scope: [String]) {
            self.id = id
            self.name = name
            self.scope = scope
        }
    }

    private enum CodingKeys: String, CodingKey {
        case zones
    }

    package let zones: [Zone]

    package init(zones: [Zone]) {
        self.zones = zones
    }
}
