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
}
