import TestSupport
import Testing

@testable import Kafka

@Suite(.ownTopics) struct ProducerTests {
    @Test func `an error of the broker comes with its own code`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try mock.pushErrors(api: .produce, [.topicAuthorizationFailed])
        let error = await thrown { () async throws(KafkaError) in
            try await producer.send(topic: topic, key: nil, value: [1])
        }
        #expect(error?.code == .topicAuthorizationFailed)
        #expect(error?.name == "TOPIC_AUTHORIZATION_FAILED")
        #expect(error?.isRetriable == false)
        #expect(error?.message.contains(topic) == true)
    }

    @Test func `a retriable error of the broker is retried without a duplicate`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer(["retry.backoff.ms": "10"])
        try mock.pushErrors(api: .produce, [.notEnoughReplicas, .transport, .leaderNotAvailable])
        let delivery = try await producer.send(topic: topic, key: nil, value: [1])
        #expect(delivery.offset == 0)
        #expect(try await producer.send(topic: topic, key: nil, value: [2]).offset == 1)
    }

    @Test func `a broker that is down ends in a message time-out`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer(["message.timeout.ms": "300"])
        try mock.setBroker(1, isUp: false)
        let error = await thrown { () async throws(KafkaError) in
            try await producer.send(topic: topic, key: nil, value: [1])
        }
        #expect(error?.code == .messageTimedOut)
        #expect(error?.name == "_MSG_TIMED_OUT")
        #expect(error?.isRetriable == true)
        try mock.setBroker(1, isUp: true)
        let again = try cluster.producer()
        #expect(try await again.send(topic: topic, key: nil, value: [1]).partition == 0)
    }

    @Test func `a topic the cluster does not know is a typed error`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        try mock.setTopicError(topic, .unknownTopicOrPartition)
        let producer = try cluster.producer(["topic.metadata.propagation.max.ms": "100"])
        let error = await thrown { () async throws(KafkaError) in
            try await producer.send(topic: topic, key: nil, value: [1])
        }
        #expect([.unknownTopicLocal, .unknownTopicOrPartition].contains(error?.code))
        #expect(error?.isRetriable == true)
    }

    /// Attack D32: a topic that Kafka makes by itself has one partition, and acknowledgements in it are not kept.
    @Test(
        .enabled(
            if: TestCluster.realServers != nil,
            "the mock makes every topic that is asked for: set KAFKA_BOOTSTRAP_SERVERS"))
    func `producing makes no topic`() async throws {
        let cluster = try TestCluster.any()
        let topic = "test-\(UInt64.random(in: 0 ... .max))"
        let producer = try cluster.producer(["topic.metadata.propagation.max.ms": "500"])
        let error = await thrown { () async throws(KafkaError) in
            try await producer.send(topic: topic, key: nil, value: [1])
        }
        #expect([.unknownTopicLocal, .unknownTopicOrPartition].contains(error?.code))
        #expect(try await KafkaAdmin(cluster.configuration()).partitionCount(topic) == nil)
    }

    @Test func `a partition the topic does not have is a typed error`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 2)
        let producer = try cluster.producer()
        let error = await thrown { () async throws(KafkaError) in
            try await producer.send(topic: topic, key: nil, value: [1], partition: 7)
        }
        #expect(error?.code == .unknownPartition)
    }

    @Test func `a full queue is a retriable error at once`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer(["queue.buffering.max.messages": "2", "message.timeout.ms": "500"])
        try mock.setBroker(1, isUp: false)
        let errors = await withTaskGroup(of: KafkaError?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await thrown { () async throws(KafkaError) in
                        try await producer.send(topic: topic, key: nil, value: [1])
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let full = errors.filter { $0?.code == .queueFull }
        #expect(full.count >= 18 - 2)
        #expect(full.allSatisfy { $0?.isRetriable == true && $0?.name == "_QUEUE_FULL" })
        #expect(errors.allSatisfy { $0 != nil })
    }

    @Test(arguments: [
        ("", Int32?.none, "h", KafkaError.Code.invalidArgument), ("a\0b", nil, "h", .invalidArgument),
        (String(repeating: "x", count: 250), nil, "h", .invalidArgument), ("t", -1, "h", .invalidArgument),
        ("t", Int32.min, "h", .invalidArgument), ("t", nil, "a\0b", .invalidArgument),
    ])
    func `what cannot be sent is refused`(
        topic: String,
        partition: Int32?,
        header: String,
        code: KafkaError.Code
    ) async throws {
        let cluster = try TestCluster.any()
        let producer = try cluster.producer()
        let error = await thrown { () async throws(KafkaError) in
            try await producer.send(
                topic: topic,
                key: nil,
                value: nil,
                headers: [Header(name: header, value: nil)],
                partition: partition
            )
        }
        #expect(error?.code == code)
    }

    @Test func `a message too large is refused, with and without headers`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        for headers in [[], [Header(name: "a", value: [1])]] {
            let error = await thrown { () async throws(KafkaError) in
                try await producer.send(
                    topic: topic,
                    key: nil,
                    value: [UInt8](repeating: 0, count: 2_000_000),
                    headers: headers
                )
            }
            #expect(error?.code == .messageTooLarge)
            #expect(error?.isRetriable == false)
        }
        #expect(producer.pendingCount == 0)
    }

    @Test func `sends that wait for a broker that is away can be given up, and the producer goes on`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer(["message.timeout.ms": "600000"])
        _ = try await producer.send(topic: topic, key: nil, value: [0])
        try mock.setBroker(1, isUp: false)
        async let outcome = thrown { () async throws(KafkaError) in
            try await producer.send(topic: topic, key: nil, value: [1])
        }
        try await eventually("it is on its way") { producer.pendingCount > 0 }
        try await eventually("it is given up") {
            producer.failPending()
            return producer.pendingCount == 0
        }
        let code = await outcome?.code
        #expect(code == .purgedFromQueue || code == .purgedInFlight, "\(code?.description ?? "none")")
        try mock.setBroker(1, isUp: true)
        _ = try await producer.send(topic: topic, key: nil, value: [2])
    }

    @Test func `1,000 sends all end when the producer is closed in the middle`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        _ = try await producer.send(topic: topic, key: nil, value: [0])
        try mock.setRoundTripTime(1, .milliseconds(200))
        let results = await withTaskGroup(of: KafkaError?.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    if number == 500 { await producer.closeGracefully(flushing: .zero) }
                    return await thrown { () async throws(KafkaError) in
                        try await producer.send(topic: topic, key: nil, value: Array("\(number)".utf8))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 1000)
        #expect(producer.pendingCount == 0)
        let allowed: Set<KafkaError.Code> = [.closed, .purgedFromQueue, .purgedInFlight]
        let codes = Set(results.compactMap { $0?.code })
        #expect(codes.isSubset(of: allowed) && codes.contains(.closed), "\(codes)")
    }

    @Test func `closing waits for messages on their way`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer(["linger.ms": "60000", "message.timeout.ms": "90000"])
        let sends = (0..<10).map { _ in
            Task { try await producer.send(topic: topic, key: nil, value: [1]) }
        }
        try await eventually("all are on their way") { producer.pendingCount == 10 }
        await producer.closeGracefully(flushing: .seconds(20))
        var offsets: [Int64] = []
        for send in sends { offsets.append(try await send.value.offset) }
        #expect(offsets.sorted() == Array(0..<10))
    }

    @Test func `use after close from several tasks is an error, and closing twice is fine`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { await producer.closeGracefully(flushing: .seconds(1)) }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let error = await thrown { () async throws(KafkaError) in
                        try await producer.send(topic: topic, key: nil, value: [1])
                    }
                    #expect(error?.code == .closed)
                    #expect(error?.name == "CLOSED")
                }
            }
        }
    }

    @Test func `a producer that is only dropped lets everything go`() async throws {
        let cluster = try TestCluster.any()
        let client: Weak
        do {
            let producer = try cluster.producer()
            client = Weak(producer)
        }
        #expect(client.value == nil)
    }
}

/// Watches an object without holding it.
private struct Weak {
    weak var value: Producer?
    init(_ value: Producer) { self.value = value }
}
