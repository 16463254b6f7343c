import Kafka
import NIOHTTP1
import Synchronization
import TestSupport

/// Sends the messages of a flood round after round, in several lanes.
///
/// A round begins when agent and control plane have read the one before: the embedded cluster keeps 5 MiB of a
/// partition, and whoever falls behind misses purges.
final class OverloadStream: Sendable {
    /// What a round has sent.
    private struct Sent {
        var lastIDs: [String] = []
        /// By partition, where the last message of it is.
        var offsets: [Int32: Int64] = [:]

        mutating func add(_ other: Sent) {
            lastIDs += other.lastIDs
            offsets.merge(other.offsets) { max($0, $1) }
        }
    }

    private static let lanes = 8

    private let writer: OverloadWriter
    private let messages: [OverloadMessage]
    private let count: Int
    private let isRepeated: Bool
    private let hasEnded = Atomic(false)
    private let counter = Atomic(0)

    /// - Parameters:
    ///   - messages: what is sent, in turns.
    ///   - count: how many are sent in a round.
    ///   - isRepeated: whether there is more than one round.
    init(_ writer: OverloadWriter, _ messages: [OverloadMessage], count: Int, isRepeated: Bool) {
        (self.writer, self.messages, self.count, self.isRepeated) = (writer, messages, count, isRepeated)
    }

    /// Messages that were sent so far.
    var sent: Int { counter.load(ordering: .relaxed) }

    /// Lets ``run(_:)`` begin no other round.
    func end() { hasEnded.store(true, ordering: .relaxed) }

    private var isOver: Bool { hasEnded.load(ordering: .relaxed) }

    /// Sends until ``end()``, one round at least; returns the ids of the last purges.
    func run(_ generator: SeededGenerator) async throws -> [String] {
        var generator = generator
        while true {
            let sent = try await round(&generator)
            guard isRepeated else { return sent.lastIDs }
            try await eventually("the flood is read") { try await isRead(sent) }
            if isOver { return sent.lastIDs }
        }
    }

    private func round(_ generator: inout SeededGenerator) async throws -> Sent {
        let seed = generator.next()
        return try await withThrowingTaskGroup(of: Sent.self) { group in
            for lane in 0..<Self.lanes {
                group.addTask { [self] in
                    var random = SeededGenerator(seed: seed &+ UInt64(lane))
                    var sent = Sent()
                    for number in stride(from: lane, to: count, by: Self.lanes) {
                        let (delivery, id) = try await writer.send(messages[number % messages.count], &random)
                        counter.add(1, ordering: .relaxed)
                        sent.lastIDs = id.map { [$0] } ?? []
                        sent.offsets[delivery.partition] = delivery.offset
                    }
                    return sent
                }
            }
            return try await group.reduce(into: Sent()) { $0.add($1) }
        }
    }

    private func isRead(_ sent: Sent) async throws -> Bool {
        let (web, ready) = (writer.environment.web, writer.environment.ready)
        let status = try await web.admin(ready.caches[0], "/v1/status")
        let isQueued = status["partitions"].items.allSatisfy { progress in
            let last = progress["partition"].int.flatMap { sent.offsets[Int32(clamping: $0)] } ?? -1
            return Int64(progress["queued"].int ?? 0) > last
        }
        guard isQueued, status["queue_entries"].int == 0 else { return false }
        let metrics = try await web.json(.GET, ready.control + "/metrics").value.text ?? ""
        return metrics.contains("edge_purge_control_topic_lag_offsets{topic=\"events\"} 0\n")
    }
}
