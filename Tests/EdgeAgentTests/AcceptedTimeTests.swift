import Foundation
import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Purges that say they were accepted at times that no clock has.
@Suite(.timeLimit(.minutes(3))) struct AcceptedTimeTests {
    @Test(arguments: ["1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    func `one that an agent catches up with purges what was stored before it reached Kafka`(time: String) async throws {
        // A purge of 1970 left alone whatever was stored since, and was confirmed.
        let agent = try KafkaFixture()
        let cluster = try agent.cluster()
        let file = try agent.cache.store("http://a.example/x", tags: "x", date: Int64(Date().timeIntervalSince1970))
        let event = """
            {"id":"00000000000000000000000000000001","zone":"z","scope":["*"],"selectors":{"tags":["x"]},\
            "accepted_at":"\(time)"}
            """
        let producer = try Producer(agent.kafka(cluster))
        let place = try await producer.send(topic: agent.topics.events, key: nil, value: Array(event.utf8))
        await producer.closeGracefully(flushing: .seconds(10))
        try await agent.run(cluster) { ear in
            try await ear.applied([place])
            #expect(CacheFixture.version(file) == 0, "the object is there still")
        }
    }
}
