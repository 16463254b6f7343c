internal import Hummingbird

/// All routes of the control plane, without a server: what tests drive directly.
struct ControlAPI: Sendable {
    let configuration: ControlConfiguration
    let producer: any PurgeProducer
    let ledger: PurgeLedger
    /// Why the answers about purges cannot be relied on yet; empty when they can.
    let obstacles: @Sendable () -> [String]

    /// Makes the router.
    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.addMiddleware {
            ErrorMiddleware()
            CrossSiteMiddleware()
        }
        CloudflareRoutes(
            zones: configuration.zones,
            decoder: PurgeRequestDecoder(
                keysMax: configuration.keysPerRequestMax, urlsMax: configuration.urlsPerRequestMax),
            acceptor: PurgeAcceptor(producer: producer, ledger: ledger)
        ).add(to: router)
        CloudflareZoneRoutes(zones: configuration.zones).add(to: router)
        PurgeRoutes(ledger: ledger, waitersMax: max(1, configuration.connectionsMax * 3 / 4)).add(to: router)
        AgentRoutes(ledger: ledger).add(to: router)
        ZoneRoutes(zones: configuration.zones).add(to: router)
        HealthRoutes(obstacles: obstacles).add(to: router)
        return router
    }
}
