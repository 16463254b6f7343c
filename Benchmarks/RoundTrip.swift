import Kafka

/// The least that any confirmation through Kafka takes: produce, consume, produce an answer, consume the answer.
///
/// Clients are set up as those of the development environment.
struct RoundTrip {
    private let request: Producer
    private let answer: Producer
    private let requests: PartitionConsumer
    private let answers: PartitionConsumer

    private static let requestTopic = "benchmark.requests"
    private static let answerTopic = "benchmark.answers"

    init(servers: String) throws {
        let kafka = KafkaConfiguration(bootstrapServers: servers, properties: ["fetch.wait.max.ms": "5"])
        request = try Producer(kafka)
        answer = try Producer(kafka)
        requests = try PartitionConsumer(kafka, topic: Self.requestTopic, groupID: nil)
        answers = try PartitionConsumer(kafka, topic: Self.answerTopic, groupID: nil)
    }

    /// Makes topics and connections.
    func warmUp() async throws {
        _ = try await request.send(topic: Self.requestTopic, key: nil, value: [0], partition: 0)
        _ = try await answer.send(topic: Self.answerTopic, key: nil, value: [0], partition: 0)
        try requests.assign([0: .earliest])
        try answers.assign([0: .earliest])
        try next(requests)
        try next(answers)
        for _ in 0..<20 { _ = try await measure() }
    }

    /// One round trip.
    func measure() async throws -> Duration {
        let start = ContinuousClock.now
        _ = try await request.send(topic: Self.requestTopic, key: nil, value: [1], partition: 0)
        try next(requests)
        _ = try await answer.send(topic: Self.answerTopic, key: nil, value: [1], partition: 0)
        try next(answers)
        return start.duration(to: .now)
    }

    /// Closes all clients.
    func close() {
        for consumer in [requests, answers] { consumer.close() }
        for producer in [request, answer] { producer.close(flushing: .zero) }
    }

    /// Waits for the next message.
    private func next(_ consumer: PartitionConsumer) throws {
        for _ in 0..<300 {
            for case .message in consumer.poll(maxMessages: 1, timeout: .milliseconds(100)) { return }
        }
        throw BenchmarkError("no message came back within 30 s")
    }
}
