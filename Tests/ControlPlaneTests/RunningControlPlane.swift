import Foundation
import Hummingbird
import Kafka
import Logging
import ServiceLifecycle

@testable import ControlPlane

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
        try await whileRunning(
            { listening in
                try ControlPlane(configuration: configuration, logger: logger) { port in listening.yield(port) }
            }, logger, body)
    }

    /// Runs a service that tells its port, for as long as the body takes.
    static func whileRunning(
        _ make: (AsyncStream<Int>.Continuation) throws -> any Service, _ logger: Logger,
        _ body: (_ port: Int) async throws -> Void
    ) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let group = ServiceGroup(configuration: .init(services: [try make(listening)], logger: logger))
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

extension TestAPI {
    /// The API on a real port, served as a control plane serves it, for as long as the body takes.
    func serve(
        tls: TLSFiles? = nil, _ change: (inout ControlConfiguration) -> Void = { _ in },
        _ body: (_ port: Int) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var configuration = configuration
        change(&configuration)
        let certificate = try tls.map(ServerCertificate.init)
        try await RunningControlPlane.whileRunning(
            { listening in
                Application(
                    router: router(configuration), server: .control(configuration, certificate: certificate),
                    configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                    onServerRunning: { channel in listening.yield(channel.localAddress?.port ?? 0) }, logger: logger)
            }, logger, body)
    }
}
