import Foundation
import HTTPTypes
import Hummingbird
import LinuxFiles
import Logging
import PurgeModel

/// The local admin API, HTTP over a Unix socket that only the agent's user and group may open.
struct AdminServer: Sendable {
    let socket: String
    let reporter: AgentReporter
    let fence: Fence
    let index: Index
    let caches: CacheSet
    let upkeep: Upkeep
    let logger: Logger

    /// Serves until the task is cancelled or graceful shutdown.
    func run() async throws {
        try? FileManager.default.removeItem(atPath: socket)
        var quiet = logger
        // Requests are the operator's own, and the server calls its own end an error.
        quiet.logLevel = .critical
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket), serverName: "edge-purge"),
            onServerRunning: { _ in
                try? FileManager.default.setAttributes([.posixPermissions: 0o660], ofItemAtPath: socket)
            },
            logger: quiet
        )
        try await application.run()
    }

    /// All routes; documented in `docs/operating/command-line.md`.
    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ErrorMiddleware())
        MetricsServer.add(
            AgentMetricsReport(reporter: reporter, index: index, caches: caches), to: router)
        router.get("/v1/status") { _, _ in AdminStatus(reporter, caches) }
        FenceRoutes(fence: fence).add(to: router)
        router.get("/v1/index/stats") { _, _ in LocalAnswer(try IndexStatistics(index, reporter.board)) }
        router.get("/v1/index/find") { request, _ in
            let query = try IndexQuery(request.uri.queryParameters)
            return LocalAnswer(try IndexSearch(index: index, caches: caches).find(query))
        }
        router.get("/v1/index/count") { request, _ in
            let query = try IndexQuery(request.uri.queryParameters)
            return LocalAnswer(try IndexSearch(index: index, caches: caches).count(query))
        }
        UpkeepRoutes(upkeep: upkeep, caches: caches, board: reporter.board).add(to: router)
        return router
    }
}
