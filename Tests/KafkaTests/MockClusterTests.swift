import Testing

@testable import Kafka

@Suite struct MockClusterTests {
    @Test func `several clients share one cluster`() async throws {
        let (cluster, mock) = try TestCluster.mock(brokers: 3)
        #expect(mock.bootstrapServers.split(separator: ",").count == 3)
        let topic = try await cluster.topic(partitions: 6)
        let producers = try (0..<3).map { _ in try cluster.producer() }
        for (number, producer) in producers.enumerated() {
            try await send(0..<2, to: topic, partition: Int32(number), producer)
        }
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest, 1: .earliest, 2: .earliest])
        #expect(Set(try await messages(of: consumer, 6).map(\.partition)) == [0, 1, 2])
    }

    @Test func `a topic that exists cannot be created again`() async throws {
        let (_, mock) = try TestCluster.mock()
        try mock.createTopic("t", partitions: 1)
        let again = await thrown { () throws(KafkaError) in try mock.createTopic("t", partitions: 1) }
        #expect(again?.code == .topicAlreadyExists)
    }

    @Test func `nonsense is refused`() async throws {
        for brokers in [0, -1, .max] {
            let error = await thrown { () throws(KafkaError) in try MockCluster(brokers: brokers) }
            #expect(error?.code == .invalidArgument)
        }
        let (_, mock) = try TestCluster.mock()
        let errors = [
            await thrown { () throws(KafkaError) in try mock.createTopic("", partitions: 1) },
            await thrown { () throws(KafkaError) in try mock.createTopic("t", partitions: 0) },
            await thrown { () throws(KafkaError) in try mock.createTopic("t", partitions: .max) },
            await thrown { () throws(KafkaError) in try mock.setBroker(0, isUp: false) },
            await thrown { () throws(KafkaError) in try mock.setBroker(2, isUp: true) },
            await thrown { () throws(KafkaError) in try mock.setRoundTripTime(9, .zero) },
            await thrown { () throws(KafkaError) in try mock.setLeader(topic: "t", partition: 0, broker: 5) },
        ]
        #expect(errors.allSatisfy { $0?.code == .invalidArgument }, "\(errors)")
        try mock.createTopic("t", partitions: 1)
        let unknown = await thrown { () throws(KafkaError) in try mock.setLeader(topic: "t", partition: 99, broker: 1) }
        #expect(unknown?.code == .unknownTopicOrPartition)
        try mock.pushErrors(api: .fetch, [])
    }

    @Test func `a closed cluster answers with an error`() async throws {
        let (_, mock) = try TestCluster.mock()
        mock.close()
        mock.close()
        let error = await thrown { () throws(KafkaError) in try mock.setBroker(1, isUp: true) }
        #expect(error?.code == .closed)
    }
}
