import Glibc
import TestSupport
import Testing
import Threads

@testable import Kafka

/// A cluster for one test: the mock, or the real one named by `KAFKA_BOOTSTRAP_SERVERS` for tests that allow it.
struct TestCluster {
    let bootstrapServers: String
    let mock: MockCluster?

    /// Only the mock: faults are injected.
    static func mock(brokers: Int = 1) throws -> (TestCluster, MockCluster) {
        let mock = try MockCluster(brokers: brokers)
        return (TestCluster(bootstrapServers: mock.bootstrapServers, mock: mock), mock)
    }

    /// The brokers of a real cluster; nil where there is none.
    static let realServers: String? = {
        let servers = unsafe getenv("KAFKA_BOOTSTRAP_SERVERS").map { unsafe String(cString: $0) }
        return servers?.isEmpty == false ? servers : nil
    }()

    /// A real cluster when there is one.
    static func any() throws -> TestCluster {
        if let realServers { return TestCluster(bootstrapServers: realServers, mock: nil) }
        return try mock().0
    }

    var isMock: Bool { mock != nil }

    func configuration(_ properties: [String: String] = [:]) -> KafkaConfiguration {
        // The mock has no long poll: an empty fetch waits all of it.
        let defaults = isMock ? ["fetch.wait.max.ms": "10"] : [:]
        return KafkaConfiguration(
            bootstrapServers: bootstrapServers,
            properties: defaults.merging(properties) { _, given in given }
        )
    }

    /// Creates a topic with a name of its own; on a real cluster it is deleted after the suite (``OwnTopicsTrait``).
    func topic(partitions: Int = 1) async throws -> String {
        let name = "test-\(UInt64.random(in: 0 ... .max))"
        if let mock {
            try mock.createTopic(name, partitions: partitions)
        } else {
            let topic = TopicSpecification(name: name, partitions: partitions)
            let admin = try KafkaAdmin(configuration())
            OwnTopicsTrait.made?.add(name)
            let outcomes = try await admin.createTopics([topic])
            try #require(outcomes.map(\.outcome) == [.created])
            // The controller has it; a broker knows it a little later.
            try await eventually("\(name) is known") { try await admin.partitionCount(name) == partitions }
        }
        return name
    }

    func producer(_ properties: [String: String] = [:]) throws -> Producer { try Producer(configuration(properties)) }

    func consumer(
        _ topic: String,
        group: String? = nil,
        _ properties: [String: String] = [:]
    ) throws -> PartitionConsumer {
        try PartitionConsumer(configuration(properties), topic: topic, groupID: group)
    }
}

/// Blocking work of a test, off the cooperative pool.
func onThread<R: Sendable>(
    _ work: @escaping @Sendable () throws(KafkaError) -> R
) async throws(KafkaError) -> R {
    try await DedicatedThread.run(name: "test", noThread: KafkaError.noThread, work)
}

/// All events of a consumer until `isDone` says so; stops after a while so that a failing test ends.
func events(
    of consumer: PartitionConsumer,
    batch: Int = 1000,
    within limit: Duration = .seconds(60),
    until isDone: @escaping @Sendable ([ConsumerEvent]) -> Bool
) async throws -> [ConsumerEvent] {
    try await onThread {
        var all: [ConsumerEvent] = []
        let end = ContinuousClock.now + limit
        while !isDone(all), ContinuousClock.now < end {
            all += consumer.poll(maxMessages: batch, timeout: .milliseconds(100))
        }
        return all
    }
}

/// The messages of a consumer until there are `count`.
func messages(of consumer: PartitionConsumer, _ count: Int, batch: Int = 1000) async throws -> [Message] {
    try await events(of: consumer, batch: batch) { $0.messages.count >= count }.messages
}

/// Sends values as numbers, in order.
func send(_ values: Range<Int>, to topic: String, partition: Int32 = 0, _ producer: Producer) async throws {
    for value in values {
        _ = try await producer.send(topic: topic, key: nil, value: Array("\(value)".utf8), partition: partition)
    }
}

/// The error a call throws, nil when it throws none.
func thrown<R>(_ body: () async throws(KafkaError) -> R) async -> KafkaError? {
    do throws(KafkaError) {
        _ = try await body()
        return nil
    } catch { return error }
}

extension [ConsumerEvent] {
    var messages: [Message] {
        compactMap { if case .message(let message) = $0 { message } else { nil } }
    }
    var errors: [KafkaError] {
        compactMap { if case .error(let error) = $0 { error } else { nil } }
    }
    var failedCommits: [KafkaError] {
        compactMap { if case .commitFailed(let error) = $0 { error } else { nil } }
    }
    var partitionCounts: [String] {
        compactMap { if case .partitionCountChanged(let text) = $0 { text } else { nil } }
    }
    var ends: [(partition: Int32, offset: Int64)] {
        compactMap { if case .endOfPartition(let partition, let offset) = $0 { (partition, offset) } else { nil } }
    }
    var outOfRange: [(partition: Int32, offset: Int64)] {
        compactMap { if case .offsetOutOfRange(let partition, let offset) = $0 { (partition, offset) } else { nil } }
    }
}

extension Message {
    /// The value as text, for tests that send numbers.
    var text: String { String(decoding: value ?? [], as: UTF8.self) }
}
