/// What our own API, and the agents' admin API, answer when they refuse: `{"error":{"code":"…","message":"…"}}`.
package struct ErrorAnswer: Codable, Sendable, Hashable {
    /// What is wrong.
    package struct Problem: Codable, Sendable, Hashable {
        private enum CodingKeys: String, CodingKey {
            case code, message
        }

        /// A word that programs compare: `unknown_purge`.
        package let code: String
        /// What failed, on what, and what to do, for people.
        package let message: String
    }

    private enum CodingKeys: String, CodingKey {
        case error
    }

    package let error: Problem

    package init(code: String, message: String) {
        error = Problem(code: code, message: message)
    }
}
