package import PurgeModel

/// What a zone's entry says about how much it may purge: a plan, and numbers of its own in place of the plan's.
package struct ZoneLimits: Sendable, Hashable {
    /// The plan.
    package var plan: PurgePlan
    /// In place of the plan's ``PurgeLimits/burst``.
    package var burst: Int?
    /// In place of the plan's ``PurgeLimits/requestsPerMinute``.
    package var requestsPerMinute: Int?
    /// In place of the plan's ``PurgeLimits/urlsPerSecond``.
    package var urlsPerSecond: Int?
    /// In place of the plan's ``PurgeLimits/keysPerRequest``.
    package var keysPerRequest: Int?
    /// In place of the plan's ``PurgeLimits/urlsPerRequest``.
    package var urlsPerRequest: Int?

    /// Takes over a plan as it is.
    package init(plan: PurgePlan = .unlimited) {
        self.plan = plan
    }

    /// The numbers in force.
    /// - Parameter unlimited: those of a zone without a plan; the control plane's own settings bound its requests.
    func resolved(unlimited: PurgeLimits) -> PurgeLimits {
        var limits = plan == .unlimited ? unlimited : plan.limits
        limits.burst = burst ?? limits.burst
        limits.requestsPerMinute = requestsPerMinute ?? limits.requestsPerMinute
        limits.urlsPerSecond = urlsPerSecond ?? limits.urlsPerSecond
        limits.keysPerRequest = keysPerRequest ?? limits.keysPerRequest
        limits.urlsPerRequest = urlsPerRequest ?? limits.urlsPerRequest
        return limits
    }

    /// Whether the buckets are of one size: zones of one account share them.
    func hasSameBuckets(as other: ZoneLimits) -> Bool {
        let none = PurgePlan.unlimited.limits
        let (own, others) = (resolved(unlimited: none), other.resolved(unlimited: none))
        return own.requestRate == others.requestRate && own.urlRate == others.urlRate
    }
}
