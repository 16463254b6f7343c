import Testing

@testable import Kafka

@Suite struct MessageLookupTests {
    @Test func `the messages at offsets are found, and what is not there is left out`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 3)
        let producer = try cluster.producer()
        for number in 0..<5 {
            for partition in [0, 1] as [Int32] {
                _ = try await producer.send(
                    topic: topic, key: nil, value: [UInt8(number), UInt8(partition)], partition: partition)
            }
        }
        let lookup = MessageLookup(cluster.configuration(), topic: topic)
        let found = try await lookup.messages(at: [0: 2, 1: 4, 2: 0], timeout: .seconds(30))
        #expect(found.mapValues(\.value) == [0: [2, 0], 1: [4, 1]])
        #expect(try await lookup.messages(at: [0: 99], timeout: .seconds(30)).isEmpty)
        #expect(try await lookup.messages(at: [:], timeout: .seconds(30)).isEmpty)
    }
}
