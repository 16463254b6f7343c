import Testing

@testable import Kafka

@Suite struct KafkaAdminTests {
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
