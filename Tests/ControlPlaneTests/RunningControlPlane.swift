internal import Foundation
internal import Kafka
internal import Logging
internal import ServiceLifecycle

@testable internal import ControlPlane

/// A whole control plane with its server and a Kafka cluster of its own.
enum RunningControlPlane {
    /// Runs it for as long as the body takes.
    static func run(
        _ bench: KafkaBench, _ change: (inout ControlConfiguration) throws -> Void = { _ in },
        _ body: (_ port: Int) async throws -> Void
    ) async throws {
        defer { bench.cluster.close() }
        var configuration = bench.configuration
        configuration.port = 0
        try change(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let plane = try ControlPlane(configuration: configuration, logger: logger) { port in listening.yield(port) }
        let group = ServiceGroup(configuration: .init(services: [plane], logger: logger))
        async let running: Void = group.run()
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        do {
            try await body(port)
        } catch {
            await group.triggerGracefulShutdown()
            try await running
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }
}
