import Foundation
import Kafka
import PurgeModel
import TestSupport
import Testing

/// `edge-purge dead-letters` against a broker, as a person or a script uses it.
@Suite struct DeadLetterCommandTests {
    private static let good = """
        {"id":"0123456789abcdef0123456789abcdef","zone":"z","scope":["shop.example"],"selectors":{"tags":["a"]},\
        "accepted_at":"2026-11-21T09:30:00.000Z","source":"test"}
        """

    private let cluster: MockCluster
    private let topics = TopicNames()

    init() throws {
        cluster = try MockCluster()
        for topic in [topics.events, topics.deadLetters] { try cluster.createTopic(topic, partitions: 1) }
    }

    private var configuration: KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, properties: ["fetch.wait.max.ms": "10"])
    }

    /// Puts a message aside as agents do.
    private func putAside(
        _ value: [UInt8]?, at partition: Int32, _ offset: Int64, agents: [String], lostBytes: Int? = nil
    ) async throws {
        let producer = try Producer(configuration)
        for agent in agents {
            let letter = DeadLetter(
                error: PurgeEventError(.unknownSelector, "selectors has \"tagz\"."), partition: partition,
                offset: offset, agent: agent)
            var headers = [Header(name: "trace", value: Array("1".utf8))]
            headers += letter.headers.map { Header(name: $0.name, value: $0.value) }
            if let lostBytes {
                headers.append(Header(name: "edge-purge-value-bytes", value: Array("\(lostBytes)".utf8)))
            }
            _ = try await producer.send(
                topic: topics.deadLetters, key: Array("z".utf8), value: value, headers: headers)
        }
        await producer.closeGracefully(flushing: .seconds(10))
    }

    private func run(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(
            ["dead-letters"] + arguments
                + ["--bootstrap", cluster.bootstrapServers, "--set", "kafka.properties.fetch.wait.max.ms=10"],
            in: Program.environmentWithoutKafka)
    }

    /// What is in the topic of purges.
    private func events() async throws -> [Message] {
        let consumer = try PartitionConsumer(configuration, topic: topics.events, groupID: nil)
        defer { consumer.close() }
        try consumer.assign([0: .earliest])
        var messages: [Message] = []
        var hasEnded = false
        try await eventually("the topic of purges is read to its end") {
            for event in consumer.poll(maxMessages: 100, timeout: .zero) {
                if case .message(let message) = event { messages.append(message) }
                if case .endOfPartition = event { hasEnded = true }
            }
            return hasEnded
        }
        return messages
    }

    @Test func `copies of several agents are listed as one message, with the reason`() async throws {
        try await putAside([0xFF, 0xFE], at: 7, 3, agents: ["edge-1", "edge-2", "edge-1"])
        try await putAside(Array(Self.good.utf8), at: 0, 1, agents: ["edge-2"])
        let outcome = try await run("list", "--json")
        #expect(outcome.status == 0, "\(outcome)")
        let list = try JSONDecoder().decode(JSONValue.self, from: Data(outcome.output.utf8))["dead_letters"]
        #expect(list.items.count == 2)
        #expect(list[0]["partition"].int == 0 && list[0]["offset"].int == 1)
        #expect(list[0]["value"].text == Self.good && list[0]["key"].text == "z")
        #expect(list[0]["understood_now"] == .bool(true))
        #expect(list[1]["agents"] == .array([.string("edge-1"), .string("edge-2")]))
        #expect(list[1]["reason"].text == "unknown_selector")
        #expect(list[1]["value_base64"].text == "//4=" && list[1]["value"] == .null)
        #expect(list[1]["headers"].items.count == 1 && list[1]["headers"][0]["name"].text == "trace")
        let table = try await run("list")
        #expect(table.output.contains("7:3") && table.output.contains("unknown_selector"))
    }

    @Test func `what was cut off is shown, and cannot be replayed as it was`() async throws {
        let producer = try Producer(configuration)
        var letter = DeadLetter(
            error: PurgeEventError(.invalidJSON, "Not valid JSON."), partition: 1, offset: 5, agent: "edge-1",
            fingerprint: 7)
        letter.lost.valueBytes = 3
        letter.lost.headersBytes = 1_000_000
        _ = try await producer.send(
            topic: topics.deadLetters, key: nil, value: nil,
            headers: letter.headers.map { Header(name: $0.name, value: $0.value) })
        await producer.closeGracefully(flushing: .seconds(10))
        let list = try await run("list", "--json")
        let shown = try JSONDecoder().decode(JSONValue.self, from: Data(list.output.utf8))["dead_letters"][0]
        #expect(shown["lost_value_bytes"].int == 3 && shown["lost_headers_bytes"].int == 1_000_000, "\(list)")
        #expect(shown["headers"].items.isEmpty && shown["understood_now"] == .bool(false))
        #expect(try await run("list").output.contains("[without value, headers]"))
        let replayed = try await run("replay", "--at", "1:5")
        #expect(replayed.status == 1 && replayed.errors.contains("1000000 bytes"), "\(replayed)")
    }

    @Test func `an empty topic is said plainly`() async throws {
        let outcome = try await run("list")
        #expect(outcome.status == 0 && outcome.output.contains("no dead letters"), "\(outcome)")
    }

    @Test func `replay produces key, value and headers again, and only what can be understood`() async throws {
        try await putAside(Array("not json".utf8), at: 7, 3, agents: ["edge-1", "edge-2"])
        try await putAside(Array(Self.good.utf8), at: 0, 1, agents: ["edge-1", "edge-2"])
        try await putAside(nil, at: 2, 2, agents: ["edge-1"], lostBytes: 2_000_000)
        let dry = try await run("replay", "--all", "--dry-run")
        #expect(dry.status == 1 && dry.output.contains("1 would be produced again, 2 not"), "\(dry)")
        #expect(try await events().isEmpty, "a dry run produces nothing")
        let all = try await run("replay", "--all")
        #expect(all.status == 1 && all.errors.contains("invalid_json"), "\(all)")
        #expect(all.errors.contains("2000000 bytes"))
        let events = try await events()
        #expect(events.count == 1)
        #expect(events.first?.key == Array("z".utf8) && events.first?.value == Array(Self.good.utf8))
        #expect(events.first?.headers == [Header(name: "trace", value: Array("1".utf8))])
    }

    @Test func `a corrected value goes with the original's key, and force produces what is refused`() async throws {
        try await putAside(Array("not json".utf8), at: 7, 3, agents: ["edge-1"])
        let file = NSTemporaryDirectory() + "edge-purge-corrected-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(Self.good.utf8).write(to: URL(fileURLWithPath: file))
        let corrected = try await run("replay", "--at", "7:3", "--value", file)
        #expect(corrected.status == 0, "\(corrected)")
        let refused = try await run("replay", "--at", "7:3")
        #expect(refused.status == 1 && refused.errors.contains("refused again"), "\(refused)")
        let forced = try await run("replay", "--at", "7:3", "--force")
        #expect(forced.status == 0, "\(forced)")
        #expect(try await events().map(\.value) == [Array(Self.good.utf8), Array("not json".utf8)])
    }

    @Test func `what is not there and what is misspelt is said, with exit codes`() async throws {
        let missing = try await run("replay", "--at", "1:99")
        #expect(missing.status == 1 && missing.errors.contains("1:99"), "\(missing)")
        for wrong in [
            ["replay"], ["replay", "--all", "--at", "0:1"], ["replay", "--at", "x"], ["replay", "--at", "-1:0"],
        ] {
            let outcome = try await Program.run(["dead-letters"] + wrong)
            #expect(outcome.status == 2, "\(wrong): \(outcome)")
        }
    }
}
