import Hummingbird
import LinuxFiles
import Logging
import NIOCore
import PrometheusText

/// Serves `GET /metrics` on a TCP address of its own.
///
/// Purging never depends on it: where it cannot listen, it says so, and tries again.
struct MetricsServer: Sendable {
    let configuration: AgentMetricsConfiguration
    let report: AgentMetricsReport
    let logger: Logger
    /// Called with the port, when it listens.
    var onListening: @Sendable (_ port: Int) async -> Void = { _ in }

    /// Whether there is anything to run.
    var isEnabled: Bool { configuration.isEnabled }

    private static let retryDelay = Duration.seconds(10)
    /// A scraper asks every few seconds on one connection; this many do no harm to the agent.
    private static let connectionsMax = 64

    /// Serves until the task is cancelled or graceful shutdown.
    func run() async throws {
        var hasWarned = false
        while !Task.isCancelled {
            do {
                try await application().run()
                return
            } catch is CancellationError {
                return
            } catch {
                if !hasWarned {
                    logger.warning(
                        "cannot serve metrics; trying again every \(Self.retryDelay.components.seconds) seconds",
                        metadata: ["error": "\(readable(error))"])
                }
                hasWarned = true
                try? await Task.sleep(for: Self.retryDelay)
            }
        }
    }

    private func readable(_ error: any Error) -> any Error {
        guard let error = error as? IOError else { return error }
        return FileError(
            code: error.errnoCode, operation: "listen on", path: "\(configuration.host):\(configuration.port)",
            advice: "End what listens there already, or set metrics.port (or metrics.host) to another one")
    }

    /// Adds the page to a router.
    static func add(_ report: AgentMetricsReport, to router: Router<BasicRequestContext>) {
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: MetricWriter.contentType, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: try report.text())))
        }
    }

    private func application() -> some ApplicationProtocol {
        let router = Router()
        router.add(middleware: ErrorMiddleware())
        Self.add(report, to: router)
        var quiet = logger
        // Scrapes are routine, and the server calls its own end an error.
        quiet.logLevel = .critical
        return Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "edge-purge",
                availableConnectionsDelegate: .maximum(Self.connectionsMax, logger: quiet)),
            onServerRunning: { [logger, onListening] channel in
                let port = channel.localAddress?.port ?? 0
                logger.notice("metrics are served", metadata: ["port": "\(port)"])
                await onListening(port)
            },
            logger: quiet
        )
    }
}
