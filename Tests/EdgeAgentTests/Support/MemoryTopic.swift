import Kafka
import PurgeModel
import Synchronization

@testable import EdgeAgent

/// A topic of one partition and the client that reads it, with librdkafka's manners, and with the brokers' faults.
final class MemoryTopic: PartitionReader {
    private struct State {
        var messages: [Int64: Message] = [:]
        var low: Int64 = 0
        var high: Int64 = 0
        /// Where readers of what is committed come to an end; nil: at `high`.
        var stable: Int64?
        var next: Int64?
        var isStanding = false
        var isPaused = false
        var toldEnd: Int64?
        var fetched: Watermarks?
        /// What a broker that leads no more answers.
        var stale: Watermarks?
        var events: [ConsumerEvent] = []
        var isAway = false
        var seeks: [Int64] = []
        var commits: [[Int32: Int64]] = []
        var partitionCount = 1
    }

    private let state = Mutex(State())
    /// What producers' clocks say; nil: long ago.
    private let producersTime = Mutex<(@Sendable () -> Timestamp)?>(nil)
    /// Called in each poll, before it is answered.
    private let whilePolling = Mutex<(@Sendable () -> Void)?>(nil)

    /// What was sought or assigned, in order.
    var seeks: [Int64] { state.withLock { $0.seeks } }

    /// What was committed, in order.
    var commits: [[Int32: Int64]] { state.withLock { $0.commits } }

    // MARK: What happens to it

    /// Adds messages that are purges of one tag each.
    ///
    /// - Parameter time: what they say when they were sent; nil: what ``setProducersTime(_:)`` says.
    func append(_ tags: [String], at time: Timestamp? = nil) throws {
        let time = time ?? producersTime.withLock { $0 }?()
        for tag in tags {
            let event = try WorkerFixture.event(tag: tag)
            state.withLock { state in
                state.messages[state.high] = Message(
                    topic: "purge.events", partition: 0, offset: state.high, key: Array("z".utf8),
                    value: PurgeEventCodec.encode(event), timestamp: time?.milliseconds ?? state.high)
                state.high += 1
            }
        }
    }

    func setProducersTime(_ body: @escaping @Sendable () -> Timestamp) { producersTime.withLock { $0 = body } }

    /// Deletes it and makes it anew.
    func makeAnew() {
        state.withLock { state in
            (state.messages, state.low, state.high, state.stable) = ([:], 0, 0, nil)
            state.toldEnd = nil
        }
    }

    /// Kafka loses the messages from an offset on, as a machine without power does that had not written them yet.
    func loseEnd(from offset: Int64) {
        state.withLock { state in
            state.messages = state.messages.filter { $0.key < offset }
            state.high = offset
            state.toldEnd = nil
        }
    }

    /// Retention takes what is below.
    func truncate(to low: Int64) {
        state.withLock { state in
            state.low = low
            state.messages = state.messages.filter { $0.key >= low }
        }
    }

    /// A transaction begins where the partition ends now; nil: it ends, with a marker behind what it wrote.
    func hold(_ isHeld: Bool) {
        state.withLock { state in
            if !isHeld { state.high += 1 }
            state.stable = isHeld ? state.high : nil
        }
    }

    /// A broker answers that knows no more than it did when the partition ended there; nil: the real leader does.
    func setStale(_ high: Int64?) { state.withLock { $0.stale = high.map { Watermarks(low: 0, high: $0) } } }

    /// Says that there are so many partitions; all but the first stay empty.
    func setPartitionCount(_ count: Int) { state.withLock { $0.partitionCount = count } }

    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    /// Has the next poll bring this too.
    func tell(_ event: ConsumerEvent) { state.withLock { $0.events.append(event) } }

    func whilePolling(_ body: (@Sendable () -> Void)?) { whilePolling.withLock { $0 = body } }

    // MARK: The client

    private func reach(_ state: State) throws(KafkaError) {
        if state.isAway { throw KafkaError(code: .transport, message: "away") }
    }

    func partitionCount(timeout: Duration) throws(KafkaError) -> Int? {
        let state = state.withLock { $0 }
        try reach(state)
        return state.partitionCount
    }

    func watermarks(partition: Int32, timeout: Duration) throws(KafkaError) -> Watermarks {
        let state = state.withLock { $0 }
        try reach(state)
        guard partition == 0 else { return Watermarks(low: 0, high: 0) }
        return state.stale ?? Watermarks(low: state.low, high: state.stable ?? state.high)
    }

    func cachedWatermarks(partition: Int32) -> Watermarks? { partition == 0 ? state.withLock { $0.fetched } : nil }

    func assign(_ starts: [Int32: StartOffset]) throws(KafkaError) {
        for (partition, start) in starts { try seek(partition: partition, to: start) }
    }

    func seek(partition: Int32, to start: StartOffset) throws(KafkaError) {
        guard case .offset(let offset) = start, partition == 0 else { return }
        state.withLock { state in
            state.next = offset
            state.seeks.append(offset)
            (state.isStanding, state.toldEnd) = (false, nil)
        }
    }

    func pause(_ partitions: [Int32]) -> [Int32: KafkaError] {
        state.withLock { $0.isPaused = true }
        return [:]
    }

    func resume(_ partitions: [Int32]) -> [Int32: KafkaError] {
        state.withLock { $0.isPaused = false }
        return [:]
    }

    func poll(maxMessages: Int, timeout: Duration) -> [ConsumerEvent] {
        whilePolling.withLock { $0 }?()
        return state.withLock { state in
            var events: [ConsumerEvent] = []
            defer { state.events = [] }
            guard let next = state.next, !state.isStanding, !state.isPaused, !state.isAway else { return state.events }
            let range = state.stale ?? Watermarks(low: state.low, high: state.high)
            state.fetched = range
            guard (range.low...range.high).contains(next) else {
                state.isStanding = true
                return [.offsetOutOfRange(partition: 0, offset: next)] + state.events
            }
            let end = state.stale?.high ?? state.stable ?? state.high
            for offset in next..<max(next, end) {
                guard events.count < maxMessages, let message = state.messages[offset] else { continue }
                events.append(.message(message))
            }
            state.next = max(next, end)
            if state.toldEnd != state.next {
                state.toldEnd = state.next
                events.append(.endOfPartition(partition: 0, offset: max(next, end)))
            }
            return events + state.events
        }
    }

    var hasPendingCommits: Bool { false }
    func commit(_ offsets: [Int32: Int64]) throws(KafkaError) { state.withLock { $0.commits.append(offsets) } }
    func wakeUp() {}
    func close() {}
}
