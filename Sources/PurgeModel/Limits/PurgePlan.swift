/// How much an account may purge, by the names and numbers of Cloudflare's documents.
package enum PurgePlan: String, Sendable, Hashable, CaseIterable {
    case free, pro, biz, enterprise
    /// As much as Kafka takes.
    case unlimited

    /// The numbers of the plan; `unlimited` has only those that bound one request.
    package var limits: PurgeLimits {
        switch self {
        case .free: PurgeLimits(burst: 25, requestsPerMinute: 5, urlsPerSecond: 800, urlsPerRequest: 100)
        case .pro: PurgeLimits(burst: 25, requestsPerMinute: 5 * 60, urlsPerSecond: 1500, urlsPerRequest: 100)
        case .biz: PurgeLimits(burst: 50, requestsPerMinute: 10 * 60, urlsPerSecond: 1500, urlsPerRequest: 100)
        case .enterprise:
            PurgeLimits(
                burst: 500, requestsPerMinute: 50 * 60, urlsPerSecond: 3000, urlsPerRequest: Limits.urlsPerRequestMax)
        case .unlimited: PurgeLimits(urlsPerRequest: Limits.urlsPerRequestMax)
        }
    }
}
