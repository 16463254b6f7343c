internal import Hummingbird
internal import Logging
internal import PurgeModel

/// Takes a purge that was understood: asks the rate limiter, stores it, and writes down who purged what.
struct PurgeIntake: Sendable {
    /// A purge that was understood.
    struct Order: Sendable {
        var selectors: Selectors
        var zone: Zone
        var mode: PurgeMode
        var reason: String?
        /// The id that the caller gave it; nil: it gets a new one.
        var id: PurgeID?
    }

    let acceptor: PurgeAcceptor
    let limiter: RateLimiter
    /// The numbers of a zone without a plan.
    let unlimited: PurgeLimits

    /// How much one request of a zone may name.
    func limits(of zone: Zone) -> PurgeLimits {
        zone.limits.resolved(unlimited: unlimited)
    }

    /// Accepts a purge; when this returns, Kafka has stored it.
    func accept(_ order: Order, context: ControlContext) async throws(CloudflareError) -> PurgeID {
        let account = order.zone.account
        let verdict = await limiter.take(AccountBuckets.Demand(order.selectors), from: account)
        if verdict.refusedBy != nil { throw .rateLimited(verdict, account: account) }
        let id = try await acceptor.accept(
            order.selectors, zone: order.zone, mode: order.mode, source: context.caller.source, reason: order.reason,
            id: order.id)
        // The audit record; the event in Kafka says the same, for as long as Kafka keeps it.
        context.logger.info(
            "a purge was accepted",
            metadata: [
                "purge": "\(id)", "zone": "\(order.zone.name)", "by": "\(context.caller.source)",
                "from": "\(context.remoteAddress ?? "unknown")", "mode": "\(order.mode.rawValue)",
                "urls": "\(order.selectors.urls.count)", "tags": "\(order.selectors.tags.count)",
                "hosts": "\(order.selectors.hosts.count)", "prefixes": "\(order.selectors.prefixes.count)",
                "everything": "\(order.selectors.everything)",
            ])
        return id
    }
}
