import Foundation
import Kafka
import TestSupport
import Testing

/// `edge-purge dev` on a cluster that others use too.
@Suite(.enabled(if: DevEnvironment.isClusterGiven, "the embedded broker ends with it: set KAFKA_BOOTSTRAP_SERVERS"))
struct GivenClusterTests {
    /// Attack D35: topics stayed behind, and the groups of its agents with them.
    @Test func `it leaves no topic behind`() async throws {
        var seen: (topics: [String], kafka: KafkaConfiguration)?
        try await DevEnvironment.run(options: ["--caches", "1"]) { environment in
            let topics = environment.ready.topics
            let names = [topics.events, topics.acks, topics.deadLetters, topics.tiers]
            seen = (names, try environment.kafka())
            #expect(try await KafkaAdmin(environment.kafka()).describe(names).count == 4)
        }
        let (topics, kafka) = try seen.required
        let admin = try KafkaAdmin(kafka)
        try await eventually("\(topics) are gone") { try await admin.describe(topics).isEmpty }
    }
}
