/// One error of a request that the Cloudflare API refuses, or one message about a purge that it accepts.
package struct CloudflareProblem: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case code, message
    }

    /// The number that programs compare.
    package let code: Int
    /// A sentence for people.
    package let message: String

    package init(code: Int, message: String) {
        self.code = code
        self.message = message
    }
}
