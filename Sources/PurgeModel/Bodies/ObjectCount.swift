/// The answer of an agent's `GET /v1/index/count`: how many objects a purge would remove.
package struct ObjectCount: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case count
    }

    package let count: Int

    package init(count: Int) {
        self.count = count
    }
}
