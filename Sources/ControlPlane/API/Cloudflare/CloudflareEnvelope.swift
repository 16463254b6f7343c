/// The object that every answer of the Cloudflare API is wrapped in.
struct CloudflareEnvelope<Result: Encodable & Sendable>: Encodable, Sendable {
    /// One error of a refused request.
    struct Item: Encodable, Sendable {
        var code: Int
        var message: String
    }

    private enum CodingKeys: String, CodingKey {
        case success, errors, messages, result, resultInfo = "result_info"
    }

    /// True exactly when the status is 200.
    var success: Bool
    var errors: [Item] = []
    var result: Result?
    var resultInfo: CloudflarePage?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(success, forKey: .success)
        try container.encode(errors, forKey: .errors)
        // We have no warnings to give; clients expect the list all the same.
        try container.encode([Item](), forKey: .messages)
        // `null` and not absent: the schema requires the field.
        try container.encode(result, forKey: .result)
        try container.encodeIfPresent(resultInfo, forKey: .resultInfo)
    }
}

/// What `result` holds after an accepted purge.
struct CloudflarePurgeResult: Encodable, Sendable {
    /// The purge's identifier, 32 hexadecimal digits; `GET /v1/purges/{id}` follows it.
    var id: String
}

/// What `result` holds for a zone: the fields that plugins read when they look up an identifier by name.
struct CloudflareZone: Encodable, Sendable {
    var id: String
    var name: String
    var status = "active"
    var paused = false
    var type = "full"
}

/// Which part of a list an answer holds.
struct CloudflarePage: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case page, perPage = "per_page", count, totalCount = "total_count", totalPages = "total_pages"
    }

    var page: Int
    var perPage: Int
    var count: Int
    var totalCount: Int
    var totalPages: Int

    /// The page with this number, from 1, which has `count` entries of all.
    init(page: Int, perPage: Int, count: Int, totalCount: Int) {
        self.page = page
        self.perPage = perPage
        self.count = count
        self.totalCount = totalCount
        totalPages = (totalCount + perPage - 1) / perPage
    }
}
