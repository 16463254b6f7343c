/// What `result` holds for a zone: the fields that plugins read when they look up an identifier by name.
struct CloudflareZone: Codable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case id, name, status, paused, type
    }

    let id: String
    let name: String
    let status: String
    let paused: Bool
    let type: String

    init(_ zone: Zone) {
        id = zone.id
        name = zone.name
        status = "active"
        paused = false
        type = "full"
    }
}
