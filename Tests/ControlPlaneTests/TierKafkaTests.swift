import HTTPTypes
import HummingbirdTesting
import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// What agents of the tier below read.
@Suite(.timeLimit(.minutes(2))) struct TierKafkaTests {
    /// Reads the topic of tiers from its start.
    private final class Reader {
        private let consumer: PartitionConsumer
        /// The furthest words.
        private(set) var words: [TierWord] = []

        init(_ bench: KafkaBench) throws {
            consumer = try PartitionConsumer(bench.configuration.kafka, topic: "purge.tiers", groupID: nil)
            try consumer.assign([0: .earliest])
        }

        deinit { consumer.close() }

        /// Whether a word says that a purge need not wait for the tier any more.
        func hasRead(_ position: PurgePosition, of tier: String) throws -> Bool {
            for case .message(let message) in consumer.poll(maxMessages: 100, timeout: .zero) {
                let word = try TierWordCodec.decode(try #require(message.value))
                #expect(message.key == Array(word.tier.utf8))
                words.append(word)
            }
            return words.contains { word in
                word.tier == tier
                    && word.partitions.contains {
                        $0.partition == position.partition && $0.hasApplied(position.offset)
                    }
            }
        }
    }

    @Test func `a purge is told when the last shield has applied it, and an edge then waits for nobody`() async throws {
        let bench = try KafkaBench()
        defer { bench.cluster.close() }
        let agents = try Producer(bench.configuration.kafka)
        let (shield, edge) = (AgentTier(name: "shield"), AgentTier(name: "edge", above: "shield"))
        for name in ["s1", "s2"] {
            try await bench.acknowledge(Samples.acknowledgement(name, tier: shield), with: agents)
        }
        try await bench.acknowledge(Samples.acknowledgement("e1", tier: edge), with: agents)
        try await bench.run { client, ledger async throws in
            let reader = try Reader(bench)
            try await bench.waitUntilReady(client)
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            let status = try await client.ask(.get, "/v1/purges/\(id)").json
            let position = PurgePosition(
                partition: Int32(try #require(status["partition"] as? Int)),
                offset: Int64(try #require(status["offset"] as? Int)))
            let waiting = { @Sendable () async throws -> [String] in
                let shares = try await client.ask(.get, "/v1/purges/\(id)").json["by_agent"] as? [[String: Any]] ?? []
                return shares.compactMap { $0["waits_for_tier"] as? String }
            }
            func apply(_ name: String) async throws {
                let word = Samples.acknowledgement(
                    name, applied: [position.partition: position.offset + 1], tier: shield)
                try await bench.acknowledge(word, with: agents)
            }
            try await apply("s1")
            try await eventually("the first has applied it") { ledger.appliedCount(id) == 1 }
            #expect(try await waiting() == ["shield"])
            #expect(try !reader.hasRead(position, of: "shield"))
            try await apply("s2")
            try await eventually("it is told") { try reader.hasRead(position, of: "shield") }
            #expect(try await waiting().isEmpty)
            #expect(Set(reader.words.map(\.tier)) == ["shield"])
            let list = try await client.ask(.get, "/v1/agents").json["agents"] as? [[String: Any]] ?? []
            #expect(list.map { $0["tier"] as? String } == ["edge", "shield", "shield"])
            #expect(list.first?["tier_above"] as? String == "shield" && list.first?["waiting"] as? Int == 0)
            let metrics = try await client.ask(.get, "/metrics").text
            #expect(metrics.contains(#"edge_purge_control_tier_members{tier="shield"} 2"#))
            #expect(metrics.contains(#"edge_purge_control_tier_lag_offsets{tier="shield"} 0"#))
            #expect(!metrics.contains(#"tier_lag_offsets{tier="edge"}"#))
        }
        await agents.closeGracefully(flushing: .seconds(1))
    }
}
