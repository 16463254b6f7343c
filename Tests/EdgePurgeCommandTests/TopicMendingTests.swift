import PurgeModel
import Testing

@testable import EdgePurgeCommand
@testable import Kafka

/// What `topics create` makes of topics that are there.
@Suite struct TopicMendingTests {
    private static let automatic = [
        "cleanup.policy": "delete", "retention.ms": "604800000", "max.message.bytes": "1048588",
        "min.insync.replicas": "1",
    ]

    private func mending(
        _ role: TopicRole, _ properties: [String: String] = automatic, own: [String: String] = [:],
        partitions: Int = 1, replicas: Int = 1, asked: Int? = nil, retention: Duration? = nil, replication: Int = 1
    ) throws -> TopicMending {
        let plan = TopicPlan(
            topics: TopicNames(), partitions: asked ?? 8, replication: replication, retention: .seconds(86_400))
        let name = try #require(TopicNames().all.first { $0.role == role }).name
        let wanted = try #require(plan.specifications.first { $0.name == name })
        let found = TopicDescription(
            name: name, partitions: partitions, replicas: replicas,
            properties: .success(properties.merging(own) { $1 }), ownProperties: own)
        return TopicMending(found, role: role, wanted: wanted, partitions: asked, retention: retention)
    }

    /// Attack D32: `topics create` said "exists already" of topics that Kafka had made by itself, with exit code 0.
    @Test func `topics that Kafka made by itself are set right`() throws {
        let acks = try mending(.acks)
        #expect(
            acks.changes == ["cleanup.policy": "compact", "segment.ms": "600000", "min.cleanable.dirty.ratio": "0.1"])
        #expect(acks.failures.isEmpty)
        let tiers = try mending(.tiers, retention: .seconds(3600))
        #expect(tiers.changes == acks.changes && tiers.failures.isEmpty)
        let events = try mending(.events)
        #expect(events.changes == ["max.message.bytes": "1114112"])
        #expect(events.failures.isEmpty)
        #expect(events.remarks == ["it has 1 partitions; 8 are usual"])
    }

    @Test func `what an operator has set stays, but for what purges need`() throws {
        let acks = try mending(.acks, own: ["segment.ms": "60000", "cleanup.policy": "compact,delete"])
        #expect(acks.changes == ["cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"])
        let events = try mending(.events, own: ["retention.ms": "2592000000", "max.message.bytes": "8000000"])
        #expect(events.changes.isEmpty)
        #expect(try mending(.events, retention: .seconds(3600)).changes["retention.ms"] == "3600000")
    }

    @Test func `what cannot be set right is told`() throws {
        #expect(try mending(.events, asked: 8).failures.count == 1)
        #expect(try mending(.events, partitions: 16, asked: 8).failures.isEmpty)
        #expect(try mending(.acks, replication: 3).failures.count == 1)
        #expect(try mending(.events, own: ["min.insync.replicas": "2"]).failures.count == 1)
    }
}
