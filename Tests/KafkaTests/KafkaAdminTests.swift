import TestSupport
import Testing

@testable import Kafka

@Suite(.ownTopics) struct KafkaAdminTests {
    @Test func `a cluster that cannot create topics answers with a typed error`() async throws {
        let (cluster, _) = try TestCluster.mock()
        let admin = try KafkaAdmin(cluster.configuration())
        let error = await thrown { () async throws(KafkaError) in
            try await admin.createTopics([TopicSpecification(name: "t", partitions: 1)], timeout: .seconds(5))
        }
        #expect(error != nil)
        #expect(try await admin.createTopics([]).isEmpty)
    }

    @Test func `partitions are counted`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 3)
        let admin = try KafkaAdmin(cluster.configuration())
        #expect(try await admin.partitionCount(topic) == 3)
        let error = await thrown { () async throws(KafkaError) in try await admin.partitionCount("") }
        #expect(error?.code == .invalidArgument)
    }

    /// Attack D35: with a wrong password or certificate the only word was that the transport failed.
    @Test func `why no broker lets it in is told`() async throws {
        let (cluster, _) = try TestCluster.mock()
        // The mock knows no passwords, and takes none.
        let admin = try KafkaAdmin(
            cluster.configuration([
                "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "a",
                "sasl.password": "b",
            ]))
        let error = await thrown { () async throws(KafkaError) in
            try await admin.describe(["t"], timeout: .seconds(5))
        }
        #expect(error?.code == .authentication, "\(error?.description ?? "none")")
    }

    @Test func `a cluster that does not tell the properties of topics tells their size`() async throws {
        let (cluster, _) = try TestCluster.mock()
        let topic = try await cluster.topic(partitions: 3)
        let found = try await KafkaAdmin(cluster.configuration()).describe([topic])
        #expect(found[topic]?.partitions == 3)
        #expect(found[topic]?.replicas == 1)
        guard case .failure(let error) = found[topic]?.properties else {
            Issue.record("the mock tells properties by now: \(found)")
            return
        }
        #expect(error.code == .unsupportedFeature)
    }

    @Test(.enabled(if: TestCluster.realServers != nil, "the mock has no properties: set KAFKA_BOOTSTRAP_SERVERS"))
    func `properties of a topic are read and set, and the topic is deleted`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 2)
        let admin = try KafkaAdmin(cluster.configuration())
        let before = try #require(try await admin.describe([topic, topic + "-not"])[topic])
        #expect(try before.properties.get()["cleanup.policy"] == "delete")
        var wanted = ["cleanup.policy": "compact"]
        try await admin.set(wanted, of: before)
        // The broker that is asked learns of each change a little later.
        try await eventually("the policy is set") { try await admin.describe([topic])[topic]?.ownProperties == wanted }
        let after = try #require(try await admin.describe([topic])[topic])
        try await admin.set(["max.message.bytes": "2000000"], of: after)
        wanted["max.message.bytes"] = "2000000"
        try await eventually("both are set") { try await admin.describe([topic])[topic]?.ownProperties == wanted }
        try await admin.delete(topics: [topic, topic + "-not"])
        try await eventually("it is deleted") { try await admin.describe([topic]).isEmpty }
    }

    @Test(arguments: [
        TopicSpecification(name: "", partitions: 1), TopicSpecification(name: "t", partitions: 0),
        TopicSpecification(name: "t", partitions: .max), TopicSpecification(name: "t", partitions: -1),
        TopicSpecification(name: "t", partitions: 1, replicationFactor: 0),
        TopicSpecification(name: "t", partitions: 1, replicationFactor: .max),
        TopicSpecification(name: "t", partitions: 1, configuration: ["a\0": "b"]),
    ])
    func `a topic that cannot be is refused`(topic: TopicSpecification) async throws {
        let (cluster, _) = try TestCluster.mock()
        let admin = try KafkaAdmin(cluster.configuration())
        let error = await thrown { () async throws(KafkaError) in try await admin.createTopics([topic]) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(
        .enabled(
            if: TestCluster.realServers != nil, "the mock creates no topics by request: set KAFKA_BOOTSTRAP_SERVERS"))
    func `an existing topic is left as it is`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 2)
        let admin = try KafkaAdmin(cluster.configuration())
        let outcomes = try await admin.createTopics([TopicSpecification(name: topic, partitions: 5)])
        #expect(outcomes.map(\.outcome) == [.alreadyExists])
        #expect(try await admin.partitionCount(topic) == 2)
    }
}
