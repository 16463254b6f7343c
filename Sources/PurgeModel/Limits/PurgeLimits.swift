/// How much one account may purge.
package struct PurgeLimits: Sendable, Hashable {
    /// Requests by tag, host, prefix or of everything, at once; nil: as many as come.
    package var burst: Int?
    /// How many of these come back in a minute; nil: as many as come.
    package var requestsPerMinute: Int?
    /// URLs in a second; nil: as many as come.
    package var urlsPerSecond: Int?
    /// Tags, hosts and prefixes in one request, each.
    package var keysPerRequest: Int
    /// URLs in one request.
    package var urlsPerRequest: Int

    /// Creates limits; what is left out does not limit.
    package init(
        burst: Int? = nil, requestsPerMinute: Int? = nil, urlsPerSecond: Int? = nil,
        keysPerRequest: Int = Limits.keysPerRequestMax, urlsPerRequest: Int
    ) {
        self.burst = burst
        self.requestsPerMinute = requestsPerMinute
        self.urlsPerSecond = urlsPerSecond
        self.keysPerRequest = keysPerRequest
        self.urlsPerRequest = urlsPerRequest
    }

    /// The bucket for requests; nil: there is none.
    package var requestRate: TokenBucket.Rate? {
        guard let burst, let requestsPerMinute else { return nil }
        return TokenBucket.Rate(size: Int64(burst), refill: Int64(requestsPerMinute), periodMilliseconds: 60_000)
    }

    /// The bucket for URLs; nil: there is none.
    ///
    /// It holds a second's worth, and at least what one request may name: otherwise the largest request could never
    /// pass.
    package var urlRate: TokenBucket.Rate? {
        urlsPerSecond.map { urls in
            TokenBucket.Rate(
                size: Int64(max(urls, urlsPerRequest)), refill: Int64(urls), periodMilliseconds: 1000)
        }
    }
}
