/// What `result` holds after the Cloudflare API accepted a purge.
package struct CloudflarePurgeResult: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case id
    }

    /// The purge's identifier, 32 hexadecimal digits; `GET /v1/purges/{id}` follows it.
    package let id: String

    package init(id: String) {
        self.id = id
    }
}
