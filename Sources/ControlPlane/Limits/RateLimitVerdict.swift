internal import HTTPTypes

/// What a rate limiter says to one request, and how much is left.
struct RateLimitVerdict: Sendable, Hashable {
    /// One bucket after the request.
    struct Quota: Sendable, Hashable {
        /// `requests` or `urls`.
        var name: String
        /// How much it holds.
        var size: Int64
        /// Whole tokens left.
        var remaining: Int64
        /// Seconds, rounded up, until it is full.
        var fullInSeconds: Int64
        /// Seconds, rounded up, in which an empty one fills.
        var windowSeconds: Int64
    }

    /// The bucket that had too little; nil: the request may pass.
    var refusedBy: String?
    /// Seconds, rounded up, after which the same request would pass; nil when it passes, or never would.
    var retryAfterSeconds: Int?
    /// All buckets of the account; none where nothing limits it.
    var quotas: [Quota]

    /// `Ratelimit` and `Ratelimit-Policy` in the form of the IETF's draft; no fields where nothing limits the account.
    var headers: HTTPFields {
        var fields = HTTPFields()
        guard !quotas.isEmpty, let limit = Self.limitField, let policy = Self.policyField else { return fields }
        fields[limit] = quotas.map { "\"\($0.name)\";r=\($0.remaining);t=\($0.fullInSeconds)" }.joined(separator: ", ")
        fields[policy] = quotas.map { "\"\($0.name)\";q=\($0.size);w=\($0.windowSeconds)" }.joined(separator: ", ")
        return fields
    }

    private static let limitField = HTTPField.Name("Ratelimit")
    private static let policyField = HTTPField.Name("Ratelimit-Policy")
}
