/// The answer of the Cloudflare compatible endpoint.
struct PurgeEnvelope: Decodable {
    /// One error.
    struct Problem: Decodable {
        /// Cloudflare's number.
        var code: Int
        /// A sentence for people.
        var message: String
    }

    /// What was accepted.
    struct Result: Decodable {
        /// The purge id, 32 hexadecimal digits.
        var id: String
    }

    /// Whether the purge was accepted.
    var success: Bool
    /// Why not.
    var errors: [Problem]
    /// What was accepted.
    var result: Result?
}
