import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kafka
import Logging
import NIOCore
import ServiceLifecycle
import TestSupport
import Testing

@testable import ControlPlane

/// The whole control plane, with its server.
@Suite(.timeLimit(.minutes(2))) struct ControlPlaneTests {
    @Test func `it serves until it is told to stop, and then answers who still waits`() async throws {
        let bench = try KafkaBench()
        defer { bench.cluster.close() }
        var configuration = bench.configuration
        configuration.port = 0
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let plane = try ControlPlane(configuration: configuration, logger: logger) { port in listening.yield(port) }
        let group = ServiceGroup(configuration: .init(services: [plane], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            let client = TestClient(host: "127.0.0.1", port: port)
            client.connect()
            try await eventually("it is ready") { try await client.get("/readyz").status == .ok }
            let accepted = try await client.post(
                "/client/v4/zones/\(Samples.zoneID)/purge_cache", headers: [:],
                body: ByteBuffer(string: #"{"tags":["a"]}"#))
            let body = accepted.body.map { String(buffer: $0) } ?? ""
            #expect(accepted.status == .ok, "\(body)")
            let id = try #require(body.firstMatch(of: /[0-9a-f]{32}/)).output
            async let waiting = client.get("/v1/purges/\(id)?wait=5m")
            try await eventually("it is waited for") { plane.waiterCount > 0 }
            await group.triggerGracefulShutdown()
            let answer = try await waiting
            #expect(answer.status == .ok)
            #expect(answer.body.map { String(buffer: $0) }?.contains(#""state":"pending""#) == true)
            try await tasks.waitForAll()
            try? await client.shutdown()
        }
    }

    @Test func `a property that Kafka does not know is an error at once`() throws {
        let directory = try TemporaryDirectory()
        var configuration = try Samples.configuration()
        configuration.stateDirectory = directory.path
        configuration.kafka.properties["no.such.property"] = "1"
        #expect(throws: (any Error).self) {
            try ControlPlane(configuration: configuration, logger: Logger(label: "test"))
        }
    }
}
