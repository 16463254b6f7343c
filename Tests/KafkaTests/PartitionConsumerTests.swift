import TestSupport
import Testing

@testable import Kafka

@Suite(.ownTopics) struct PartitionConsumerTests {
    @Test func `a start beyond the end is out of range, and stands still until a seek`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<3, to: topic, producer)
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .offset(99)])
        let first = try await events(of: consumer) { !$0.outOfRange.isEmpty }
        #expect(first.outOfRange.map(\.offset) == [99])
        #expect(first.messages.isEmpty)
        // Others of the same consumer go on; this one says nothing more although messages come.
        try await send(3..<5, to: topic, producer)
        let quiet = try await onThread {
            (0..<5).flatMap { _ in consumer.poll(maxMessages: 10, timeout: .milliseconds(50)) }
        }
        #expect(quiet.isEmpty)
        try consumer.seek(partition: 0, to: .offset(1))
        #expect(try await messages(of: consumer, 4).map(\.text) == ["1", "2", "3", "4"])
    }

    @Test func `a log start that moved past the reader is out of range`() async throws {
        let (cluster, _) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        // The mock keeps 5 MiB.
        for _ in 0..<14 {
            _ = try await producer.send(topic: topic, key: nil, value: [UInt8](repeating: 7, count: 500_000))
        }
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .offset(0)])
        let gone = try await events(of: consumer) { !$0.outOfRange.isEmpty }
        #expect(gone.outOfRange.map(\.partition) == [0])
        #expect(gone.outOfRange.map(\.offset) == [0])
        let ends = try await onThread { () throws(KafkaError) in
            try consumer.watermarks(partition: 0, timeout: .seconds(10))
        }
        let low = ends.low
        #expect(low > 0)
        try consumer.seek(partition: 0, to: .earliest)
        #expect(try await messages(of: consumer, 1).first?.offset == low)
    }

    @Test func `partitions assigned later leave the others where they are`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 3)
        let producer = try cluster.producer()
        for partition in Int32(0)..<3 { try await send(0..<100, to: topic, partition: partition, producer) }
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .offset(10)])
        var all = try await events(of: consumer, batch: 7) { $0.messages.count >= 40 }
        try consumer.assign([1: .earliest, 2: .offset(50)])
        let conflict = await thrown { () throws(KafkaError) in try consumer.assign([1: .earliest]) }
        #expect(conflict?.code == .conflict)
        let seen = all.messages.count
        all += try await events(of: consumer, batch: 7) { $0.messages.count >= 240 - seen }
        let expected: [Int32: Range<Int64>] = [0: 10..<100, 1: 0..<100, 2: 50..<100]
        for (partition, range) in expected {
            #expect(all.messages.filter { $0.partition == partition }.map(\.offset) == Array(range))
        }
    }

    @Test func `pause and resume lose nothing and repeat nothing`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 2)
        let producer = try cluster.producer()
        let seed = UInt64.random(in: 0 ... .max)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for value in 0..<4000 {
                group.addSend(producer, topic, "\(value)", Int32(value % 2))
            }
            try await group.waitForAll()
        }
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest, 1: .earliest])
        async let received = events(of: consumer, batch: 13) { $0.messages.count >= 4000 }
        // From another thread, while it polls; also partitions that are paused or running already.
        let finished = try await onThread {
            var random = SeededGenerator(seed: seed)
            var failures = 0
            for _ in 0..<200 {
                let partitions = ([[0], [1], [0, 1]] as [[Int32]]).randomElement(using: &random) ?? []
                let isPause = Bool.random(using: &random)
                failures += (isPause ? consumer.pause(partitions) : consumer.resume(partitions)).count
            }
            failures += consumer.resume([0, 1]).count
            return failures
        }
        #expect(finished == 0)
        let messages = try await received.messages
        for partition in Int32(0)..<2 {
            let offsets = messages.filter { $0.partition == partition }.map(\.offset)
            #expect(offsets == Array(0..<2000), "seed \(seed)")
        }
        #expect(consumer.pause([9])[9]?.code == .state)
    }

    @Test func `a paused partition brings nothing`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 2)
        let producer = try cluster.producer()
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest, 1: .earliest])
        #expect(consumer.pause([0]).isEmpty)
        try await send(0..<5, to: topic, partition: 0, producer)
        try await send(0..<5, to: topic, partition: 1, producer)
        let other = try await events(of: consumer) { $0.ends.contains { $0.partition == 1 && $0.offset == 5 } }
        #expect(Set(other.messages.map(\.partition)) == [1])
        #expect(consumer.resume([0]).isEmpty)
        #expect(try await messages(of: consumer, 5).map(\.partition) == [0, 0, 0, 0, 0])
    }

    @Test func `seeks while another thread polls are exact`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for value in 0..<500 { group.addSend(producer, topic, "\(value)", 0) }
            try await group.waitForAll()
        }
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest])
        async let received = events(of: consumer, batch: 10) { $0.ends.last?.offset == 501 }
        try await onThread { () throws(KafkaError) in
            for number in Int64(0)..<50 { try consumer.seek(partition: 0, to: .offset(number)) }
        }
        try await send(500..<501, to: topic, producer)
        // After each jump back the offsets go on without a gap, and the last jump was to 49.
        let offsets = try await received.messages.map(\.offset)
        for (previous, next) in zip(offsets, offsets.dropFirst()) { #expect(next == previous + 1 || next <= 49) }
        #expect(offsets.last == 500)
        #expect(offsets.suffix(452) == Array(49...500)[...])
    }

    @Test func `a broker that comes back is read on from the same place`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        let consumer = try cluster.consumer(topic)
        try await send(0..<3, to: topic, producer)
        try consumer.assign([0: .earliest])
        #expect(try await messages(of: consumer, 3).count == 3)
        try mock.setBroker(1, isUp: false)
        let down = try await events(of: consumer) { !$0.errors.isEmpty }
        #expect(down.errors.allSatisfy { $0.isRetriable && !$0.isFatal }, "\(down.errors)")
        let error = await thrown { () async throws(KafkaError) in
            try await onThread { () throws(KafkaError) in
                try consumer.watermarks(partition: 0, timeout: .milliseconds(200))
            }
        }
        #expect(error?.isRetriable == true)
        try mock.setBroker(1, isUp: true)
        try await send(3..<6, to: topic, producer)
        #expect(try await messages(of: consumer, 3).map(\.text) == ["3", "4", "5"])
    }

    @Test func `a leader that moves loses nothing`() async throws {
        let (cluster, mock) = try TestCluster.mock(brokers: 2)
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest])
        for round in 0..<4 {
            try mock.setLeader(topic: topic, partition: 0, broker: Int32(round % 2 + 1))
            try await send(round * 10..<round * 10 + 10, to: topic, producer)
        }
        #expect(try await messages(of: consumer, 40).map(\.text) == (0..<40).map(String.init))
    }

    /// Attack D33: a broker hung, and for a minute, which is how long librdkafka waits, nobody else was asked.
    @Test func `a broker that hangs is given up, and whoever leads instead is read`() async throws {
        let (cluster, mock) = try TestCluster.mock(brokers: 2)
        let topic = try await cluster.topic()
        try mock.setLeader(topic: topic, partition: 0, broker: 1)
        let producer = try cluster.producer()
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest])
        try await send(0..<1, to: topic, producer)
        #expect(try await messages(of: consumer, 1).count == 1)
        try mock.setRoundTripTime(1, .seconds(600))
        // It has to be asked once more to hang.
        _ = try await onThread { consumer.poll(maxMessages: 1, timeout: .milliseconds(100)) }
        try mock.setLeader(topic: topic, partition: 0, broker: 2)
        try await send(1..<2, to: topic, cluster.producer())
        let read = try await events(of: consumer, within: .seconds(40)) { !$0.messages.isEmpty }
        #expect(read.messages.map(\.text) == ["1"])
    }

    @Test func `a start that cannot be looked up is tried again`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<3, to: topic, producer)
        try mock.pushErrors(api: .listOffsets, [.topicAuthorizationFailed])
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest])
        let all = try await events(of: consumer) { $0.messages.count >= 3 }
        #expect(all.messages.map(\.text) == ["0", "1", "2"])
        #expect(all.errors.contains { $0.code == .topicAuthorizationFailed })
        #expect(all.outOfRange.isEmpty)
    }

    @Test func `a topic that does not exist yet is no failure`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic(partitions: 2)
        try mock.setTopicError(topic, .unknownTopicOrPartition)
        let consumer = try cluster.consumer(
            topic,
            ["topic.metadata.propagation.max.ms": "100", "topic.metadata.refresh.interval.ms": "200"]
        )
        let before = try await onThread { () throws(KafkaError) in try consumer.partitionCount(timeout: .seconds(10)) }
        #expect(before == nil)
        try consumer.assign([0: .earliest])
        let absent = try await events(of: consumer) { !$0.errors.isEmpty }
        #expect(absent.errors.allSatisfy { $0.isRetriable }, "\(absent.errors)")
        try mock.setTopicError(topic, .noError)
        let producer = try cluster.producer()
        try await send(0..<2, to: topic, producer)
        #expect(try await messages(of: consumer, 2).count == 2)
        let after = try await onThread { () throws(KafkaError) in try consumer.partitionCount(timeout: .seconds(10)) }
        #expect(after == 2)
    }

    /// Nothing else tells of a topic that was deleted and made anew while it was read.
    @Test func `a topic that is gone for a while is told of as another number of partitions`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic(partitions: 2)
        let consumer = try cluster.consumer(
            topic,
            ["topic.metadata.propagation.max.ms": "100", "topic.metadata.refresh.interval.ms": "200"]
        )
        try consumer.assign([0: .earliest, 1: .earliest])
        _ = try await events(of: consumer) { $0.ends.count >= 2 }
        try mock.setTopicError(topic, .unknownTopicOrPartition)
        let gone = try await events(of: consumer) { !$0.partitionCounts.isEmpty }
        #expect(gone.partitionCounts.first?.contains("\(topic) partition count changed from 2 to 0") == true)
    }

    @Test func `a failed commit comes as an event of its own`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let consumer = try cluster.consumer(topic, group: "g")
        try mock.pushErrors(api: .offsetCommit, [.groupAuthorizationFailed])
        try consumer.commit([0: 5])
        let all = try await events(of: consumer) { !$0.failedCommits.isEmpty }
        #expect(all.failedCommits.first?.code == .groupAuthorizationFailed && all.errors.isEmpty)
        try consumer.commit([:])
        for bad in [[-1: Int64(1)], [0: -5]] as [[Int32: Int64]] {
            #expect(await thrown { () throws(KafkaError) in try consumer.commit(bad) }?.code == .invalidArgument)
        }
        let groupless = try cluster.consumer(topic)
        #expect(await thrown { () throws(KafkaError) in try groupless.commit([0: 1]) }?.code == .invalidArgument)
    }

    @Test func `what cannot be assigned or sought is refused`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let consumer = try cluster.consumer(topic)
        for starts in [[-1: StartOffset.earliest], [0: .offset(-1)], [0: .offset(.min)]] as [[Int32: StartOffset]] {
            #expect(await thrown { () throws(KafkaError) in try consumer.assign(starts) }?.code == .invalidArgument)
        }
        try consumer.assign([:])
        try consumer.assign([0: .earliest])
        let unassigned = await thrown { () throws(KafkaError) in try consumer.seek(partition: 1, to: .latest) }
        #expect(unassigned?.code == .state)
        for name in ["", "a\0b", String(repeating: "x", count: 300)] {
            let error = await thrown { () throws(KafkaError) in
                try PartitionConsumer(cluster.configuration(), topic: name, groupID: nil)
            }
            #expect(error?.code == .invalidArgument)
        }
        #expect(try await onThread { consumer.poll(maxMessages: -5, timeout: .seconds(-1)).messages.isEmpty })
    }

    @Test func `waking ends a poll that waits`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let consumer = try cluster.consumer(topic)
        // Whether it comes before or during the poll: with a lost wake-up the test would take ten minutes.
        let polled = Task { try await onThread { consumer.poll(maxMessages: 10, timeout: .seconds(600)) } }
        consumer.wakeUp()
        #expect(try await polled.value.isEmpty)
    }

    @Test func `closing ends a poll that waits, and everything after is an error`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic()
        let consumer = try cluster.consumer(topic, group: "g")
        try consumer.assign([0: .earliest])
        let polled = Task { try await onThread { consumer.poll(maxMessages: 10, timeout: .seconds(600)) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { consumer.close() }
                group.addTask {
                    try await eventually("a commit is refused") {
                        await thrown({ () throws(KafkaError) in try consumer.commit([0: 1]) }) != nil
                    }
                }
            }
            try await group.waitForAll()
        }
        _ = try await polled.value
        #expect(consumer.poll(maxMessages: 1, timeout: .seconds(600)).errors.map(\.code) == [.closed])
        #expect(await thrown { () throws(KafkaError) in try consumer.assign([1: .latest]) }?.code == .closed)
        #expect(await thrown { () throws(KafkaError) in try consumer.seek(partition: 0, to: .latest) }?.code == .closed)
        #expect(consumer.pause([0])[0]?.code == .closed)
        #expect(consumer.cachedWatermarks(partition: 0) == nil)
        consumer.wakeUp()
        consumer.close()
    }

    @Test func `extreme times are taken`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let producer = try cluster.producer()
        try await send(0..<2, to: topic, producer)
        let consumer = try cluster.consumer(topic)
        try consumer.assign([0: .earliest])
        let (never, ever) = (Duration.seconds(Int64.min), Duration.seconds(Int64.max))
        let polled = try await onThread {
            _ = consumer.poll(maxMessages: .min, timeout: never)
            return consumer.poll(maxMessages: .max, timeout: ever)
        }
        #expect(!polled.isEmpty)
        let ends = try await onThread { () throws(KafkaError) in try consumer.watermarks(partition: 0, timeout: ever) }
        #expect(ends == Watermarks(low: 0, high: 2))
        let error = await thrown { () async throws(KafkaError) in
            try await onThread { () throws(KafkaError) in try consumer.watermarks(partition: 0, timeout: never) }
        }
        #expect(error == nil || error?.isRetriable == true)
        try mock.setRoundTripTime(1, never)
        await producer.closeGracefully(flushing: ever)
    }

    @Test func `a seek of a paused partition waits for resume`() async throws {
        let cluster = try TestCluster.any()
        let topic = try await cluster.topic(partitions: 2)
        let producer = try cluster.producer()
        for partition in Int32(0)..<2 { try await send(0..<10, to: topic, partition: partition, producer) }
        let consumer = try cluster.consumer(topic)
        // One by a plain seek, one that stands still and is started anew.
        try consumer.assign([0: .offset(5), 1: .offset(77)])
        _ = try await events(of: consumer) { $0.messages.count >= 5 && $0.outOfRange.count == 1 }
        #expect(consumer.pause([0, 1]).isEmpty)
        try consumer.seek(partition: 0, to: .offset(3))
        try consumer.seek(partition: 1, to: .offset(4))
        let quiet = try await onThread {
            (0..<5).flatMap { _ in consumer.poll(maxMessages: 10, timeout: .milliseconds(50)) }
        }
        #expect(quiet.messages.isEmpty)
        #expect(consumer.resume([0, 1]).isEmpty)
        let all = try await messages(of: consumer, 13)
        #expect(all.filter { $0.partition == 0 }.map(\.offset) == Array(3..<10))
        #expect(all.filter { $0.partition == 1 }.map(\.offset) == Array(4..<10))
    }
}
