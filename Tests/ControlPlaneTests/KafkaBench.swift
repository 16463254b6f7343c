import Foundation
import Hummingbird
import HummingbirdTesting
import Kafka
import Logging
import PurgeModel
import TestSupport

@testable import ControlPlane

/// A cluster, and a control plane without its server.
struct KafkaBench {
    let cluster: MockCluster
    var configuration: ControlConfiguration
    private let directory: TemporaryDirectory

    /// - Parameter earlier: one whose state directory, and so its history, is taken over.
    init(produceTimeout: Duration = .seconds(20), after earlier: KafkaBench? = nil) throws {
        cluster = try MockCluster()
        for topic in ["purge.events", "purge.acks"] { try cluster.createTopic(topic, partitions: 3) }
        try cluster.createTopic("purge.tiers", partitions: 1)
        var configuration = ControlConfiguration(
            kafka: KafkaConfiguration(
                bootstrapServers: cluster.bootstrapServers,
                properties: ["fetch.wait.max.ms": "10", "reconnect.backoff.max.ms": "100"]),
            zones: try Samples.zones())
        configuration.produceTimeout = produceTimeout
        directory = try earlier?.directory ?? TemporaryDirectory()
        configuration.stateDirectory = directory.path
        self.configuration = configuration
    }

    /// Another control plane on the same cluster, with a state directory of its own.
    init(on other: KafkaBench) throws {
        cluster = other.cluster
        directory = try TemporaryDirectory()
        var configuration = other.configuration
        configuration.stateDirectory = directory.path
        self.configuration = configuration
    }

    /// Runs collector and producer, and the API on them, for as long as the body takes.
    func run(_ body: @Sendable (any TestClientProtocol, PurgeLedger) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let wallClock: @Sendable () -> Timestamp = {
            Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
        let (store, ledger, history) = try PurgeHistory.open(configuration, wallClock: wallClock, logger: logger)
        let collector = Collector(configuration: configuration, ledger: ledger, logger: logger)
        let producer = try KafkaPurgeProducer(
            configuration.kafka, topics: configuration.topics, timeout: configuration.produceTimeout,
            logger: logger)
        let teller = TierTeller(ledger: ledger, logger: logger, send: producer.tell)
        let api = ControlAPI(
            configuration: configuration, producer: producer, ledger: ledger, history: history,
            authenticator: Authenticator(tokens: nil, now: { Timestamp(milliseconds: 1_700_000_000_000) }),
            limiter: RateLimiter(limits: [:], logger: logger, now: { 0 }, wallMilliseconds: { 0 })
        ) { collector.obstacles }
        let application = Application(router: api.router(), services: [history, collector, teller], logger: logger)
        try await application.test(.router) { client in try await body(client, ledger) }
        await producer.close(flushing: .seconds(1))
        try await store.close()
    }

    /// Says as an agent how far it is.
    func acknowledge(_ acknowledgement: Acknowledgement, with producer: Producer) async throws {
        _ = try await producer.send(
            topic: "purge.acks", key: Array(acknowledgement.agent.utf8),
            value: AcknowledgementCodec.encode(acknowledgement))
    }

    func waitUntilReady(_ client: any TestClientProtocol) async throws {
        try await eventually("it is ready") { try await client.ask(.get, "/readyz").status == 200 }
    }

    /// Says as an agent that it has applied one purge, everything before it included, and removed two objects.
    func applied(_ partition: Int32, _ offset: Int64, by agent: String, with producer: Producer) async throws {
        try await acknowledge(
            Samples.acknowledgement(
                agent, applied: [partition: offset + 1], recent: [Samples.result(partition, offset, removed: 2)]),
            with: producer)
    }
}

extension PurgeLedger {
    /// Agents that have applied a purge, as far as the collector knows.
    func appliedCount(_ id: String) -> Int {
        read { state, now in PurgeID(id).flatMap { state.status(of: $0, now: now)?.agents.applied } ?? 0 }
    }
}

extension TestClientProtocol {
    /// Agents that the API lists.
    func agentCount() async throws -> Int {
        (try await ask(.get, "/v1/agents").json["agents"] as? [Any])?.count ?? 0
    }
}
