import Kafka
import PurgeModel
import Synchronization

@testable import EdgeAgent

/// An agent's reading of the broker, with librdkafka's manners: a partition stands still after an offset that is out of
/// range, and its end is told.
final class SimulatedConsumer: PartitionReader {
    private struct State {
        var next: [Int32: Int64] = [:]
        var paused: Set<Int32> = []
        /// Partitions that stand still until they are sought.
        var lost: Set<Int32> = []
        /// The ends that were told.
        var told: [Int32: Int64] = [:]
        var fetched: [Int32: Watermarks] = [:]
        var limit = 1
    }

    private let broker: SimulatedBroker
    private let link: Link
    private let state = Mutex(State())

    /// Whether a machine reaches Kafka.
    final class Link: Sendable {
        private let isCut = Mutex(false)

        var isCutOff: Bool {
            get { isCut.withLock { $0 } }
            set { isCut.withLock { $0 = newValue } }
        }
    }

    init(_ broker: SimulatedBroker, _ link: Link) {
        self.broker = broker
        self.link = link
    }

    /// How many messages of each partition the next poll brings at most.
    func setLimit(_ limit: Int) { state.withLock { $0.limit = limit } }

    private func reach() throws(KafkaError) {
        if link.isCutOff { throw KafkaError(code: .transport, message: "cut off", isRetriable: true) }
    }

    func partitionCount(timeout: Duration) throws(KafkaError) -> Int? {
        try reach()
        return Int(broker.partitionCount)
    }

    func watermarks(partition: Int32, timeout: Duration) throws(KafkaError) -> Watermarks {
        try reach()
        return Watermarks(low: broker.lows[partition] ?? 0, high: broker.ends[partition] ?? 0)
    }

    func cachedWatermarks(partition: Int32) -> Watermarks? { state.withLock { $0.fetched[partition] } }

    func assign(_ starts: [Int32: StartOffset]) throws(KafkaError) {
        for (partition, start) in starts { try seek(partition: partition, to: start) }
    }

    func seek(partition: Int32, to start: StartOffset) throws(KafkaError) {
        guard case .offset(let offset) = start, offset >= 0 else {
            throw KafkaError(code: .invalidArgument, message: "an agent knows its offset")
        }
        state.withLock { state in
            state.next[partition] = offset
            state.lost.remove(partition)
            state.told[partition] = nil
        }
    }

    func pause(_ partitions: [Int32]) -> [Int32: KafkaError] {
        state.withLock { $0.paused.formUnion(partitions) }
        return [:]
    }

    func resume(_ partitions: [Int32]) -> [Int32: KafkaError] {
        state.withLock { $0.paused.subtract(partitions) }
        return [:]
    }

    func poll(maxMessages: Int, timeout: Duration) -> [ConsumerEvent] {
        guard !link.isCutOff else { return [] }
        return state.withLock { state in
            var events: [ConsumerEvent] = []
            for (partition, next) in state.next.sorted(by: { $0.key < $1.key }) {
                guard !state.paused.contains(partition), !state.lost.contains(partition) else { continue }
                let (low, end) = (broker.lows[partition] ?? 0, broker.ends[partition] ?? 0)
                state.fetched[partition] = Watermarks(low: low, high: end)
                guard let found = broker.read(partition, from: next, limit: min(maxMessages, state.limit)) else {
                    state.lost.insert(partition)
                    events.append(.offsetOutOfRange(partition: partition, offset: next))
                    continue
                }
                for (offset, entry) in found {
                    let message = Message(
                        topic: "purge.events", partition: partition, offset: offset, key: entry.key,
                        value: entry.value, timestamp: entry.timestamp)
                    events.append(.message(message))
                }
                let reached = next + Int64(found.count)
                state.next[partition] = reached
                if reached == end, state.told[partition] != end {
                    state.told[partition] = end
                    events.append(.endOfPartition(partition: partition, offset: end))
                }
            }
            return events
        }
    }

    var hasPendingCommits: Bool { false }

    func commit(_ offsets: [Int32: Int64]) throws(KafkaError) {}

    func wakeUp() {}

    func close() {}
}
