import Testing

@testable import Kafka

@Suite(.ownTopics) struct TopicFollowerTests {
    /// What a follower brought, and what it decided meanwhile.
    private struct Log {
        var messages: [Message] = []
        var ends: [Int32: Int64] = [:]
        var outOfRange: [(partition: Int32, offset: Int64, available: Watermarks)] = []
        var failures: [KafkaError] = []
        var found: [Int32] = []
        var isMissing = false
    }

    /// Follows on a thread until `isDone`, at most a minute, so that a failing test ends.
    ///
    /// What is out of range goes on from its oldest message where `resumes` says so.
    private func follow(
        _ consumer: PartitionConsumer, from start: StartOffset = .earliest, resumes: Bool = true,
        until isDone: @escaping @Sendable (Log) -> Bool
    ) async throws(KafkaError) -> Log {
        try await onThread { () throws(KafkaError) in
            var timing = TopicFollower.Timing()
            timing.lookInterval = .milliseconds(50)
            timing.retryInterval = .milliseconds(50)
            (timing.patience.time, timing.patience.interval) = (.milliseconds(300), .milliseconds(50))
            var follower = TopicFollower(consumer, timing: timing)
            var log = Log()
            let end = ContinuousClock.now + .seconds(60)
            while !isDone(log), ContinuousClock.now < end {
                switch follower.lookForPartitions(start: { _ in start }) {
                case .nothing, .fewer: break
                case .topicMissing: log.isMissing = true
                case .partitions(let found): log.found += found
                case .failed(let error): log.failures.append(error)
                }
                for event in follower.poll(maxMessages: 7, timeout: .milliseconds(50)) {
                    switch event {
                    case .messages(let messages): log.messages += messages
                    case .endReached(let partition, let offset): log.ends[partition] = offset
                    case .outOfRange(let partition, let offset, let available):
                        log.outOfRange.append((partition, offset, available))
                        #expect(follower.isStandingStill)
                        if resumes {
                            try follower.read(partition, from: .earliest)
                            #expect(!follower.isStandingStill)
                        }
                    case .lookUpFailed(let error), .error(let error): log.failures.append(error)
                    }
                }
            }
            #expect(follower.assigned == Set(log.found))
            return log
        }
    }

    @Test func `all partitions are read to their ends, each in its order`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 3)
        let producer = try cluster.producer()
        for partition in Int32(0)..<2 { try await send(0..<20, to: topic, partition: partition, producer) }
        let log = try await follow(cluster.consumer(topic)) { $0.ends.count == 3 && $0.messages.count >= 40 }
        #expect(log.found == [0, 1, 2])
        for partition in Int32(0)..<2 {
            #expect(log.messages.filter { $0.partition == partition }.map(\.offset) == Array(0..<20))
        }
        #expect(log.ends == [0: 20, 1: 20, 2: 0])
        #expect(log.outOfRange.isEmpty)
    }

    @Test func `the owner says where a partition begins`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<20, to: topic, producer)
        let log = try await follow(cluster.consumer(topic), from: .offset(15)) { $0.messages.count >= 5 }
        #expect(log.messages.map(\.offset) == [15, 16, 17, 18, 19])
    }

    @Test func `a start that the owner cannot say ends the look, and the next one asks again`() async throws {
        struct Unknown: Error {}
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let consumer = try cluster.consumer(topic)
        let outcome: (Bool, [Int32], Bool) = try await onThread { () throws(KafkaError) in
            var follower = TopicFollower(consumer)
            var wasThrown = false
            do {
                _ = try follower.lookForPartitions { _ throws(Unknown) in throw Unknown() }
            } catch {
                wasThrown = true
            }
            var found: [Int32] = []
            if case .partitions(let partitions) = follower.lookForPartitions(start: { _ in .earliest }) {
                found = partitions
            }
            // Not due again before its time, unless asked.
            var isQuiet = false
            if case .nothing = follower.lookForPartitions(start: { _ in .earliest }),
                case .nothing = follower.lookForPartitions(isDue: true, start: { _ in .earliest })
            {
                isQuiet = true
            }
            return (wasThrown, found, isQuiet)
        }
        #expect(outcome == (true, [0], true))
    }

    @Test func `a topic that is made later is found and read`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic(partitions: 2)
        try mock.setTopicError(topic, .unknownTopicOrPartition)
        let properties = ["topic.metadata.propagation.max.ms": "100", "topic.metadata.refresh.interval.ms": "200"]
        let consumer = try cluster.consumer(topic, properties)
        let before = try await follow(consumer) { $0.isMissing }
        #expect(before.isMissing && before.found.isEmpty && before.messages.isEmpty)
        try mock.setTopicError(topic, .noError)
        let producer = try cluster.producer()
        try await send(0..<3, to: topic, partition: 1, producer)
        let log = try await follow(consumer) { $0.messages.count >= 3 }
        #expect(log.found == [0, 1])
        #expect(log.messages.map(\.text) == ["0", "1", "2"])
    }

    @Test func `what is no longer there comes with what is, once, and stands still until it is told`() async throws {
        let (cluster, _) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        // The mock keeps 5 MiB.
        for _ in 0..<14 {
            _ = try await producer.send(topic: topic, key: nil, value: [UInt8](repeating: 7, count: 500_000))
        }
        let log = try await follow(cluster.consumer(topic), from: .offset(0)) { $0.ends[0] != nil }
        #expect(log.outOfRange.map(\.offset) == [0])
        let low = try #require(log.outOfRange.first?.available.low)
        #expect(low > 0)
        #expect(log.outOfRange.first?.available.high == 14)
        #expect(log.messages.map(\.offset) == Array(low..<14))
    }

    @Test func `an offset beyond the end comes with the end`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<3, to: topic, producer)
        let consumer = try cluster.consumer(topic)
        let log = try await follow(consumer, from: .offset(99), resumes: false) { !$0.outOfRange.isEmpty }
        #expect(log.outOfRange.map(\.offset) == [99])
        #expect(log.outOfRange.first?.available == Watermarks(low: 0, high: 3))
        #expect(log.messages.isEmpty)
    }

    @Test func `ends that cannot be looked up are asked for until they are known`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<3, to: topic, producer)
        try mock.pushErrors(api: .listOffsets, [.topicAuthorizationFailed, .topicAuthorizationFailed])
        let log = try await follow(cluster.consumer(topic), from: .offset(99)) { $0.messages.count >= 3 }
        #expect(log.failures.contains { $0.code == .topicAuthorizationFailed })
        #expect(log.outOfRange.map(\.available) == [Watermarks(low: 0, high: 3)])
        #expect(log.messages.map(\.offset) == [0, 1, 2])
    }

    /// A broker that had hung called good offsets out of range: all agents were a conflict until they had flushed.
    @Test func `an offset that is there after all is read on from`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<3, to: topic, producer)
        try mock.pushErrors(api: .fetch, [.offsetOutOfRange])
        let log = try await follow(cluster.consumer(topic), from: .offset(1)) { $0.messages.count >= 2 }
        #expect(log.messages.map(\.offset) == [1, 2])
        #expect(log.outOfRange.isEmpty)
    }

    @Test func `an offset beyond the end is doubted until the answers agree for long enough`() {
        let start = ContinuousClock.now
        var doubt = RangeDoubt(offset: 9, since: start)
        let short = Watermarks(low: 0, high: 3)
        for second in 0..<15 {
            #expect(doubt.isLookDue(start + .seconds(second)))
            #expect(doubt.judge(short, now: start + .seconds(second)) == .unsure)
            #expect(!doubt.isLookDue(start + .seconds(second)))
        }
        var other = doubt
        #expect(other.judge(Watermarks(low: 0, high: 9), now: start + .seconds(15)) == .falseAlarm)
        #expect(other.judge(Watermarks(low: 10, high: 12), now: start + .seconds(15)) == .missed)
        #expect(doubt.judge(short, now: start + .seconds(15)) == .missed)
        // Few answers in a long time are not enough.
        var silent = RangeDoubt(offset: 9, since: start)
        #expect(silent.judge(short, now: start + .seconds(60)) == .unsure)
    }

    @Test func `an outage is told, and reading goes on where it was`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<3, to: topic, producer)
        try mock.setBroker(1, isUp: false)
        let log = try await follow(cluster.consumer(topic)) { log in
            if !log.failures.isEmpty { try? mock.setBroker(1, isUp: true) }
            return log.messages.count >= 3
        }
        #expect(!log.failures.isEmpty && log.failures.allSatisfy { $0.isRetriable })
        #expect(log.messages.map(\.text) == ["0", "1", "2"])
    }
}
