import Kafka
import Logging
import PrometheusText
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import EdgeAgent

/// Letters on a real Kafka protocol, sent by several agents that read the same messages.
@Suite(.timeLimit(.minutes(3))) struct DeadLetterSenderTests {
    private let cluster: MockCluster
    private let topic = TopicNames().deadLetters

    init() throws {
        cluster = try MockCluster()
        try cluster.createTopic(topic, partitions: 1)
    }

    private var kafka: KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: cluster.bootstrapServers,
            properties: ["fetch.wait.max.ms": "10", "message.timeout.ms": "2000"])
    }

    /// What an agent has to send letters with.
    private final class Agent: Sendable {
        let refused: RefusedMessages
        let status = AgentStatusBoard {}
        private let directory: TemporaryDirectory
        private let database: AgentDatabase
        private let producer: Producer
        private let sender: DeadLetterSender
        private let arrivals = Signal()
        private let task = Mutex<Task<Void, any Error>?>(nil)

        init(_ name: String, _ kafka: KafkaConfiguration, topic: String) throws {
            directory = try TemporaryDirectory()
            database = try TestDatabase.open(directory)
            refused = try RefusedMessages(database, now: .now)
            producer = try Producer(kafka)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            sender = DeadLetterSender(
                topic: topic, producer: producer, refused: refused,
                others: LetterReader(kafka, topic: topic, clock: SystemClock(), logger: logger),
                turns: LetterTurns(agent: name), database: database, status: status, clock: SystemClock(),
                logger: logger, arrivals: arrivals)
        }

        /// Takes messages in that are no purges, one an offset.
        func refuse(_ messages: [QueuedMessage], from offset: Int64 = 0) throws {
            let error = PurgeEventError(.invalidJSON, "Not valid JSON.")
            try database.write { change in
                for (number, message) in messages.enumerated() {
                    let key = QueueKey(partition: 0, epoch: 0, offset: offset + Int64(number))
                    refused.put(key, message, error, now: .now, into: &change)
                }
            }
            arrivals.set()
        }

        func start() { task.withLock { $0 = Task { [sender] in try await sender.run() } } }

        func stop() async {
            let running = task.withLock { $0.take() }
            running?.cancel()
            _ = try? await running?.value
            producer.close(flushing: .zero)
            database.close()
        }
    }

    private func agents(_ names: [String]) throws -> [Agent] { try names.map { try Agent($0, kafka, topic: topic) } }

    private func messages(_ count: Int) -> [QueuedMessage] {
        (0..<count).map { QueuedMessage(key: [1], value: Array("no purge \($0)".utf8)) }
    }

    /// All that is in the topic, until it has letters of so many offsets.
    private func letters(of count: Int) async throws -> [Message] {
        let consumer = try PartitionConsumer(kafka, topic: topic, groupID: nil)
        defer { consumer.close() }
        try consumer.assign([0: .earliest])
        var found: [Message] = []
        try await eventually("letters of \(count) messages") {
            for case .message(let message) in consumer.poll(maxMessages: 10_000, timeout: .zero) {
                found.append(message)
            }
            return Set(found.compactMap { letter($0)?.offset }).count == count
        }
        return found
    }

    private func letter(_ message: Message) -> DeadLetter? {
        DeadLetter(headers: message.headers.map { ($0.name, $0.value) })
    }

    @Test func `a flood goes in bulk, and mostly one agent's letter is the only one`() async throws {
        // Version 0.1.0 sent 650 letters a second, and each agent sent each. The cluster keeps 5 MiB of them.
        let agents = try agents(["a", "b", "c"])
        for agent in agents {
            agent.start()
            try agent.refuse(messages(5000))
        }
        for (number, agent) in agents.enumerated() {
            try await eventually("agent \(number) knows that all are there") { agent.refused.isEmpty }
            #expect(agent.status.counts.deadLetters == 5000)
            #expect(agent.status.problem == nil)
        }
        let letters = try await letters(of: 5000)
        #expect(letters.count < 10_000, "three agents wrote \(letters.count) letters for 5,000 messages")
        for agent in agents { await agent.stop() }
    }

    @Test func `an agent that dies takes no letter with it`() async throws {
        let agents = try agents(["a", "b", "c"])
        for agent in agents { try agent.refuse(messages(3000)) }
        // The first one dies with its letters in hand, the second one in the middle of sending.
        agents[1].start()
        try await eventually("some are there") { agents[1].status.counts.deadLetters > 0 }
        await agents[1].stop()
        agents[2].start()
        try await eventually("all are there") { agents[2].refused.isEmpty }
        #expect(try await letters(of: 3000).count >= 3000)
        for agent in agents { await agent.stop() }
    }

    @Test func `what does not fit is cut down until it does, and what comes behind it does not wait`() async throws {
        // A message with 1 MB of headers or key was refused once a second for ever, and later letters waited.
        let big = [UInt8](repeating: 1, count: 1_100_000)
        let agent = try Agent("a", kafka, topic: topic)
        agent.start()
        try agent.refuse([
            QueuedMessage(key: [1], value: big, headers: [Header(name: "h", value: [1])]),
            QueuedMessage(key: [1], value: [2], headers: [Header(name: "h", value: big)]),
            QueuedMessage(key: big, value: [2], headers: [Header(name: "h", value: [1])]),
            QueuedMessage(key: big, value: big, headers: [Header(name: "h", value: big)]),
            QueuedMessage(key: [1], value: [2]),
        ])
        try await eventually("all are settled") { agent.refused.isEmpty }
        let found = try await letters(of: 5).reduce(into: [Int64: Message]()) { found, message in
            if let letter = letter(message) { found[letter.offset] = message }
        }
        let lost = (0..<5).map { offset in
            found[Int64(offset)].flatMap(letter).map { [$0.lost.valueBytes, $0.lost.headersBytes, $0.lost.keyBytes] }
        }
        #expect(lost[0] == [1_100_000, nil, nil])
        #expect(lost[1] == [1, 1_100_001, nil])
        #expect(lost[2] == [1, 2, 1_100_000])
        #expect(lost[3] == [1_100_000, 1_100_001, 1_100_000])
        #expect(lost[4] == [nil, nil, nil] && found[4]?.value == [2])
        #expect(found[0]?.key == [1] && found[0]?.value == nil && found[0]?.headers.first?.name == "h")
        #expect(agent.status.counters.lettersCut.value == 4)
        await agent.stop()
    }

    @Test func `while Kafka takes no letters that is told, and they go when it does`() async throws {
        let agent = try Agent("a", kafka, topic: topic)
        try cluster.setBroker(1, isUp: false)
        agent.start()
        try agent.refuse(messages(10))
        try await eventually("it is told") { agent.status.problem?.contains("10 messages that are no purges") == true }
        #expect(agent.refused.summary.count == 10)
        try cluster.setBroker(1, isUp: true)
        try await eventually("they are there") { agent.refused.isEmpty }
        try await eventually("it is over") { agent.status.problem == nil }
        #expect(try await letters(of: 10).count >= 10)
        await agent.stop()
    }

    @Test func `an agent that may not read the letters of others sends its own`() async throws {
        let agent = try Agent("a", kafka, topic: topic)
        let denied = [KafkaError.Code](repeating: .topicAuthorizationFailed, count: 10_000)
        try cluster.pushErrors(api: .fetch, denied)
        agent.start()
        try agent.refuse(messages(3))
        try await eventually("they are there") { agent.refused.isEmpty }
        #expect(agent.status.problem == nil)
        await agent.stop()
    }
}
