/// What Cloudflare's clients read after a check of their token.
struct CloudflareVerification: Codable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case id, status
    }

    let id: String
    let status: String

    init(id: String) {
        self.id = id
        status = "active"
    }
}
