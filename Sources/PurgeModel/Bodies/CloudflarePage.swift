/// Which part of a list an answer of the Cloudflare API holds.
package struct CloudflarePage: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case page, count
        case perPage = "per_page"
        case totalCount = "total_count"
        case totalPages = "total_pages"
    }

    package let page: Int
    package let perPage: Int
    package let count: Int
    package let totalCount: Int
    package let totalPages: Int

    /// The page with this number, from 1, which has `count` entries of all.
    package init(page: Int, perPage: Int, count: Int, totalCount: Int) {
        self.page = page
        self.perPage = perPage
        self.count = count
        self.totalCount = totalCount
        totalPages = (totalCount + perPage - 1) / perPage
    }
}
