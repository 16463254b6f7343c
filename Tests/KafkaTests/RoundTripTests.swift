import TestSupport
import Testing

@testable import Kafka

/// What goes in comes out; on a real cluster when `KAFKA_BOOTSTRAP_SERVERS` is set.
@Suite(.ownTopics) struct RoundTripTests {
    @Test func `a message comes back with key, value, headers and time`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        let headers = [
            Header(name: "type", value: Array("purge".utf8)), Header(name: "none", value: nil),
            Header(name: "empty", value: []), Header(name: "type", value: [0, 255]), Header(name: "ünï ✓", value: [1]),
            Header(name: "", value: [2]),
        ]
        let delivery = try await producer.send(topic: topic, key: [1, 0, 2], value: [0, 255, 3], headers: headers)
        #expect(delivery == Delivery(partition: 0, offset: 0))
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest])
        let message = try #require(try await messages(of: consumer, 1).first)
        #expect(message.topic == topic)
        #expect((message.partition, message.offset) == (0, 0))
        #expect(message.key == [1, 0, 2])
        #expect(message.value == [0, 255, 3])
        #expect(message.headers == headers)
        #expect((message.timestamp ?? 0) > 1_600_000_000_000)
        consumer.close()
        producer.close(flushing: .seconds(5))
    }

    @Test func `a tombstone, no key and empty bytes are told apart`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        let sent: [(key: [UInt8]?, value: [UInt8]?)] = [
            (nil, nil), ([], []), ([1], nil), (nil, [1]), ([1], []), ([], nil),
        ]
        for (key, value) in sent { _ = try await producer.send(topic: topic, key: key, value: value) }
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .offset(0)])
        let received = try await messages(of: consumer, sent.count)
        #expect(received.map(\.key) == sent.map(\.key))
        #expect(received.map(\.value) == sent.map(\.value))
        #expect(received.allSatisfy { $0.headers.isEmpty })
    }

    @Test func `the end of a partition is told, and again after more messages`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest])
        #expect(try await events(of: consumer) { !$0.ends.isEmpty }.ends.last?.offset == 0)
        try await send(0..<3, to: topic, producer)
        let later = try await events(of: consumer) { $0.ends.last?.offset == 3 }
        #expect(later.messages.map(\.text) == ["0", "1", "2"])
    }

    @Test func `a latest start sees only what is written afterwards`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<5, to: topic, producer)
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .latest])
        #expect(try await events(of: consumer) { !$0.ends.isEmpty }.messages.isEmpty)
        try await send(5..<7, to: topic, producer)
        #expect(try await messages(of: consumer, 2).map(\.text) == ["5", "6"])
    }

    @Test func `watermarks are asked for and remembered from the last fetch`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 2)
        let producer = try cluster.producer()
        try await send(0..<4, to: topic, partition: 1, producer)
        let consumer = try cluster.consumer(topic)
        #expect(consumer.cachedWatermarks(partition: 1) == nil)
        #expect(consumer.cachedWatermarks(partition: -1) == nil)
        try consumer.assign([1: .earliest])
        _ = try await messages(of: consumer, 4)
        #expect(consumer.cachedWatermarks(partition: 1) == Watermarks(low: 0, high: 4))
        let asked = try await onThread { () throws(KafkaError) in
            try consumer.watermarks(partition: 1, timeout: .seconds(10))
        }
        #expect(asked == Watermarks(low: 0, high: 4))
        let count = try await onThread { () throws(KafkaError) in try consumer.partitionCount(timeout: .seconds(10)) }
        #expect(count == 2)
    }

    @Test func `committed offsets can be read back, by another client too`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 3)
        let group = "group-\(topic)"
        let consumer = try cluster.consumer(topic, group: group)
        try consumer.assign([0: .earliest, 1: .earliest])
        try consumer.commit([0: 12, 1: 0])
        // No poll: closing waits for the commit.
        consumer.close()
        let other = try cluster.consumer(topic, group: group)
        let committed = try await onThread { () throws(KafkaError) in try other.committed(timeout: .seconds(20)) }
        #expect(committed == [0: 12, 1: 0])
    }

    @Test func `50,000 messages arrive in order per partition, none lost, none twice`() async throws {
        let cluster = try TestCluster.any()
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let (lanes, perLane) = (250, 200)
        let topic = try await cluster.topic(partitions: 4)
        let producer = try cluster.producer()
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest, 1: .earliest, 2: .earliest, 3: .earliest])
        // The mock keeps only 5 MiB: read while writing.
        let batch = Int.random(in: 1...5000, using: &random)
        async let received = messages(of: consumer, lanes * perLane, batch: batch)
        // A lane sends one after the other, into one partition: its order must come out.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<lanes {
                let (partition, seed) = (Int32.random(in: 0...3, using: &random), random.next())
                group.addTask { try await sendLane(lane, perLane, topic, partition, seed, producer) }
            }
            try await group.waitForAll()
        }
        let messages = try await received
        #expect(messages.count == lanes * perLane, "seed \(seed)")
        for partition in Int32(0)...3 {
            let offsets = messages.filter { $0.partition == partition }.map(\.offset)
            #expect(offsets == Array(0..<Int64(offsets.count)), "seed \(seed)")
        }
        let byLane = Dictionary(grouping: messages) { $0.text.split(separator: " ").first }
        #expect(byLane.count == lanes, "seed \(seed)")
        for (lane, messages) in byLane {
            #expect(messages.map { $0.text.split(separator: " ")[1] } == (0..<perLane).map { "\($0)" }, "seed \(seed)")
            #expect(Set(messages.map(\.partition)).count == 1, "lane \(lane ?? "") seed \(seed)")
        }
    }

    private func sendLane(
        _ lane: Int,
        _ count: Int,
        _ topic: String,
        _ partition: Int32,
        _ seed: UInt64,
        _ producer: Producer
    ) async throws {
        var random = SeededGenerator(seed: seed)
        for number in 0..<count {
            let padding = String(repeating: "x", count: Int.random(in: 0...50, using: &random))
            let delivery = try await producer.send(
                topic: topic,
                key: Bool.random(using: &random) ? [UInt8](repeating: 1, count: number) : nil,
                value: Array("\(lane) \(number) \(padding)".utf8),
                partition: partition
            )
            #expect(delivery.partition == partition)
        }
    }
}

extension ThrowingTaskGroup where ChildTaskResult == Void, Failure == any Error {
    /// Adds one send; the order of several is not kept.
    mutating func addSend(_ producer: Producer, _ topic: String, _ value: String, _ partition: Int32) {
        addTask { _ = try await producer.send(topic: topic, key: nil, value: Array(value.utf8), partition: partition) }
    }
}
