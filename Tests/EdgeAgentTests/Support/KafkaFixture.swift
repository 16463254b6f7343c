import Foundation
import Kafka
import LinuxFiles
import Logging
import PurgeModel
import ServiceLifecycle
import TestSupport
import Testing

@testable import EdgeAgent

/// A whole agent over a cache directory of its own, which outlives agents and clusters.
final class KafkaFixture: Sendable {
    let cache: CacheFixture
    let topics = TopicNames()
    private let directory: TemporaryDirectory
    private let properties: [String: String] = [
        "fetch.wait.max.ms": "10", "message.timeout.ms": "3000", "reconnect.backoff.max.ms": "200",
    ]

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["cache", "state"] {
            try FileManager.default.createDirectory(
                atPath: directory.path + "/" + name, withIntermediateDirectories: true)
        }
        cache = CacheFixture(path: directory.path + "/cache")
    }

    /// A cluster with the three topics.
    func cluster(partitions: Int = 1, brokers: Int = 1) throws -> MockCluster {
        let cluster = try MockCluster(brokers: brokers)
        try cluster.createTopic(topics.events, partitions: partitions)
        for topic in [topics.acks, topics.deadLetters] { try cluster.createTopic(topic, partitions: 1) }
        return cluster
    }

    func kafka(_ cluster: MockCluster) -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, properties: properties)
    }

    /// Runs an agent while `body` runs; it ends in order after it.
    ///
    /// - Parameters:
    ///   - later: clusters that it may go over to.
    ///   - messageTimeout: how long it tries to say something; nil: the fixture's own time.
    func run(
        _ cluster: MockCluster, later: [MockCluster] = [], messageTimeout: Duration? = nil,
        _ body: (AgentEar) async throws -> Void
    ) async throws {
        var configuration = AgentConfiguration(
            agent: "edge-1", stateDirectory: directory.path + "/state", kafka: kafka(cluster),
            caches: [CacheConfiguration(path: cache.path, cacheKeys: ["$scheme://$host$request_uri"])])
        for cluster in later { configuration.kafka.bootstrapServers += "," + cluster.bootstrapServers }
        if let messageTimeout {
            let milliseconds = messageTimeout.components.seconds * 1000
            configuration.kafka.properties["message.timeout.ms"] = "\(milliseconds)"
        }
        configuration.watcher = .inotify
        configuration.fence.file = directory.path + "/fence"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let agent = try AgentSupervisor(configuration: configuration, software: "test", logger: logger)
        let group = ServiceGroup(services: [agent], logger: logger)
        let ear = try AgentEar(kafka(cluster), topic: topics.acks)
        defer { ear.close() }
        let running = Task { try await group.run() }
        do {
            try await body(ear)
        } catch {
            await group.triggerGracefulShutdown()
            try? await running.value
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// Produces purges of one tag each; returns where they are.
    @discardableResult
    func purge(_ tags: [String], _ cluster: MockCluster, partition: Int32? = nil) async throws -> [Delivery] {
        let producer = try Producer(kafka(cluster))
        var places: [Delivery] = []
        var generator = SystemRandomNumberGenerator()
        for tag in tags {
            let event = PurgeEvent(
                id: .random(using: &generator), zone: "z", scope: .all,
                selectors: Selectors(tags: [try CacheTag(validating: tag)]), acceptedAt: SystemClock().now,
                source: "test")
            places.append(
                try await producer.send(
                    topic: topics.events, key: Array("z".utf8), value: PurgeEventCodec.encode(event),
                    partition: partition))
        }
        await producer.closeGracefully(flushing: .seconds(10))
        return places
    }
}

/// Hears what an agent acknowledges.
final class AgentEar: Sendable {
    private let consumer: PartitionConsumer

    init(_ kafka: KafkaConfiguration, topic: String) throws {
        consumer = try PartitionConsumer(kafka, topic: topic, groupID: nil)
        try consumer.assign([0: .latest])
    }

    func close() { consumer.close() }

    /// Waits until the agent has said something that fulfils the condition; returns it.
    @discardableResult
    func hear(
        _ what: String, _ condition: @Sendable (Acknowledgement) -> Bool
    ) async throws -> Acknowledgement {
        var heard: Acknowledgement?
        try await eventually("\(what)") {
            for event in consumer.poll(maxMessages: 1000, timeout: .zero) {
                guard case .message(let message) = event, let value = message.value,
                    let acknowledgement = try? AcknowledgementCodec.decode(value), condition(acknowledgement)
                else { continue }
                heard = acknowledgement
            }
            return heard != nil
        }
        guard let heard else { throw NeverHappened(what: what) }
        return heard
    }

    /// Waits until it has applied all that is given.
    @discardableResult
    func applied(_ places: [Delivery]) async throws -> Acknowledgement {
        try await hear("\(places.count) purges are applied") { acknowledgement in
            places.allSatisfy { acknowledgement.progress(in: $0.partition)?.hasApplied($0.offset) == true }
        }
    }
}
