import Foundation
import Kafka
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// docs/guarantees.md, how each fault is tried: `purge.events` made anew with fewer partitions.
@Suite(.timeLimit(.minutes(3))) struct FewerPartitionsTests {
    /// Three clusters of one broker each, of which one is up at a time: to a client that knows all of them it looks as
    /// if the topic was made anew.
    private struct Remade {
        let clusters: [MockCluster]

        init(partitions: [Int]) throws {
            clusters = try partitions.map { count in
                let cluster = try MockCluster()
                try cluster.createTopic("purge.events", partitions: count)
                try cluster.createTopic("purge.acks", partitions: 1)
                return cluster
            }
            try use(0)
        }

        var kafka: KafkaConfiguration {
            KafkaConfiguration(
                bootstrapServers: clusters.map(\.bootstrapServers).joined(separator: ","),
                properties: [
                    "fetch.wait.max.ms": "10", "reconnect.backoff.max.ms": "100",
                    "topic.metadata.refresh.interval.ms": "200",
                ])
        }

        func use(_ number: Int) throws {
            for (index, cluster) in clusters.enumerated() { try cluster.setBroker(1, isUp: index == number) }
        }

        /// Puts a purge into a partition of the topic that is there now.
        func send(_ event: PurgeEvent, to number: Int, partition: Int32) async throws {
            let producer = try Producer(KafkaConfiguration(bootstrapServers: clusters[number].bootstrapServers))
            _ = try await producer.send(
                topic: "purge.events", key: nil, value: PurgeEventCodec.encode(event), partition: partition)
            await producer.closeGracefully(flushing: .seconds(1))
        }

        func close() { for cluster in clusters { cluster.close() } }
    }

    /// After `purge.events` was made anew with fewer partitions, and mended, the collector read the partitions that
    /// came back only after a restart.
    @Test func `purge.events made anew with fewer partitions: those that come back are read without a restart`()
        async throws
    {
        let remade = try Remade(partitions: [4, 2, 4])
        defer { remade.close() }
        let wallClock: @Sendable () -> Timestamp = {
            Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var timing = TopicFollower.Timing()
        timing.lookInterval = .milliseconds(200)
        let ledger = PurgeLedger(settings: CollectorSettings(), wallClock: wallClock)
        let collector = Collector(
            kafka: remade.kafka, topics: TopicNames(), window: .seconds(3600), ledger: ledger, logger: logger,
            timing: timing)
        func isKnown(_ number: Int) throws -> Bool {
            let id = try Samples.id(number)
            return ledger.read { state, _ in state.record(of: id) != nil }
        }
        let task = Task { try await collector.run() }
        defer { task.cancel() }
        let now = wallClock().milliseconds
        for number in 1...3 { try await remade.send(Samples.event(number, acceptedAt: now), to: 0, partition: 3) }
        try await remade.send(Samples.event(4, acceptedAt: now), to: 0, partition: 0)
        try await eventually("the first topic is read") { try isKnown(3) && isKnown(4) }
        try remade.use(1)
        try await remade.send(Samples.event(5, acceptedAt: now), to: 1, partition: 0)
        try await eventually("the second topic is read") { try isKnown(5) }
        try remade.use(2)
        try await remade.send(Samples.event(6, acceptedAt: now), to: 2, partition: 3)
        try await eventually("the partition is read that came back") { try isKnown(6) }
        task.cancel()
        _ = try? await task.value
    }
}
