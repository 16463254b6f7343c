import Hummingbird

/// All routes of the control plane, without a server: what tests drive directly.
struct ControlAPI: Sendable {
    let configuration: ControlConfiguration
    let producer: any PurgeProducer
    let ledger: PurgeLedger
    let history: PurgeHistory
    let authenticator: Authenticator
    let limiter: RateLimiter
    /// Requests that are answered when something happens to a purge.
    var held = HeldRequests()
    private let bodies = BodyReader()
    private let requests = RequestCounters()
    private let acceptance = AcceptanceCounters()
    /// Why the answers about purges cannot be relied on yet; empty when they can.
    let obstacles: @Sendable () -> [String]
    /// How well the collector reads its topics, for metrics.
    var topics: @Sendable () -> [(role: String, isReady: Bool, lag: Int64)] = { [] }

    /// Makes the router.
    ///
    /// Each route stands in the group of the permission it needs.
    func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.addMiddleware {
            RequestMetricsMiddleware(counters: requests)
            ErrorMiddleware(dialects: [CloudflareDialect()], standard: OwnDialect())
            CrossSiteMiddleware()
        }
        addOpenRoutes(to: router)
        let counters = RefusalCounters(counts: requests.refused)
        let known = router.group()
            .add(
                middleware: AuthenticationMiddleware(authenticator: authenticator, refusals: RefusalLog()) {
                    counters.note($0, of: $1)
                })
        addRoutesForEveryToken(to: known)
        addReadingRoutes(to: Self.group(needing: .read, of: known))
        addPurgingRoutes(to: Self.group(needing: .cachePurge, of: known))
        addOperatingRoutes(to: Self.group(needing: .admin, of: known))
        return router
    }

    /// Without a token: nothing that tells about caches or purges.
    private func addOpenRoutes(to router: Router<ControlContext>) {
        DashboardRoutes().add(to: router)
        OpenAPIRoutes().add(to: router)
        HealthRoutes(obstacles: obstacles).add(to: router)
        if configuration.metrics.isOpen { metricsRoutes.add(to: router) }
    }

    /// With any token; each answers only what the caller may see.
    private func addRoutesForEveryToken(to group: RouterGroup<ControlContext>) {
        IdentityRoutes().add(to: group)
        CloudflareTokenRoutes().add(to: group)
        CloudflareZoneRoutes(zones: configuration.zones).add(to: group)
        ZoneRoutes(zones: configuration.zones).add(to: group)
        purgeRoutes.add(to: group)
        ProgressRoutes(
            ledger: ledger, history: history, held: held, connectionsMax: configuration.connectionsMax,
            authenticator: authenticator
        ).add(to: group)
        PurgeListRoutes(history: history).add(to: group)
    }

    /// With the permission `read`.
    private func addReadingRoutes(to group: RouterGroup<ControlContext>) {
        AgentRoutes(ledger: ledger).add(to: group)
        TimesRoutes(ledger: ledger).add(to: group)
        if !configuration.metrics.isOpen { metricsRoutes.add(to: group) }
    }

    /// With the permission `cache_purge`; each checks that it is there for the zone in question.
    private func addPurgingRoutes(to group: RouterGroup<ControlContext>) {
        let acceptor = PurgeAcceptor(
            producer: producer, ledger: ledger, limiter: limiter, counters: acceptance,
            unlimited: configuration.unlimited)
        CloudflareRoutes(zones: configuration.zones, acceptor: acceptor, bodies: bodies).add(to: group)
        PurgeOrderRoutes(zones: configuration.zones, acceptor: acceptor, bodies: bodies, answers: purgeRoutes)
            .add(to: group)
    }

    private var purgeRoutes: PurgeRoutes {
        PurgeRoutes(
            ledger: ledger, history: history, held: held, connectionsMax: configuration.connectionsMax,
            authenticator: authenticator)
    }

    /// With the permission `admin`.
    private func addOperatingRoutes(to group: RouterGroup<ControlContext>) {
        RetireRoutes(ledger: ledger, producer: producer).add(to: group)
        AgentOrderRoutes(producer: producer, ledger: ledger).add(to: group)
    }

    private var metricsRoutes: MetricsRoutes {
        MetricsRoutes(
            report: ControlMetricsReport(
                ledger: ledger, requests: requests, acceptance: acceptance, software: configuration.software,
                agentsMax: configuration.metrics.agentsMax,
                heldRequests: { [held] in held.count }, topics: topics))
    }

    /// The routes that need a permission; those for operators need `.admin`.
    private static func group(
        needing permission: Permission, of group: RouterGroup<ControlContext>
    ) -> RouterGroup<ControlContext> {
        group.group().add(middleware: PermissionMiddleware(permission: permission))
    }
}
