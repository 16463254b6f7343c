import Foundation
import Kafka
import PurgeModel
import TestSupport

/// Purges of somebody else that a control plane finds when it starts, and that nobody confirms.
enum HostileHistory {
    /// Sent before the first is known to be stored.
    private static let inFlight = 1000

    /// Writes so many.
    static func write(_ count: Int, to cluster: MockCluster) async throws {
        let producer = try Producer(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers))
        var random = SeededGenerator(seed: 37)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                var selectors = Selectors()
                selectors.urls = [try PurgeURL(validating: "http://shop.example/page/\(number)")]
                let event = PurgeEvent(
                    id: .random(using: &random), zone: OwnControlPlane.zone, scope: .all, selectors: selectors,
                    mode: .delete, acceptedAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)),
                    source: "test")
                let value = PurgeEventCodec.encode(event)
                if number >= inFlight { try await group.next() }
                group.addTask {
                    _ = try await producer.send(topic: "purge.events", key: Array("\(number)".utf8), value: value)
                }
            }
            try await group.waitForAll()
        }
        await producer.closeGracefully(flushing: .seconds(10))
    }
}
