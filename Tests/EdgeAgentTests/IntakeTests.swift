import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// What an agent believes of what Kafka says, and when.
@Suite struct IntakeTests {
    private let fixture: IntakeFixture
    private var topic: MemoryTopic { fixture.topic }

    init() throws { fixture = try IntakeFixture() }

    /// Reads and applies so many purges.
    private func live(_ count: Int = 3) throws {
        try topic.append((0..<count).map { "t\($0)" })
        try fixture.rounds()
        try fixture.apply()
        #expect(fixture.queue.isCaughtUp && fixture.reading?.next == Int64(count))
    }

    // MARK: A leader that hung

    /// Attack: a partition's leader was stopped for a minute; awake again it called good offsets out of range, and the
    /// whole fleet flushed everything, though nothing was missed.
    @Test func `a leader that hung and wakes up makes nobody flush`() throws {
        try live()
        topic.setStale(1)
        topic.tell(.offsetOutOfRange(partition: 0, offset: 3))
        try fixture.rounds(10, .seconds(1))
        #expect(fixture.flushes == 0)
        #expect(fixture.board.problem?.contains("partition 0 of topic 'purge.events' ends at 1, and 3") == true)
        #expect(fixture.reading?.isCertain == false && !fixture.queue.isCaughtUp)
        try topic.append(["late"])
        topic.setStale(nil)
        try fixture.rounds(4, .seconds(1))
        #expect(fixture.flushes == 0 && fixture.board.problem == nil)
        #expect(fixture.reading?.isCertain == true)
        #expect(fixture.queued == [3])
    }

    @Test func `a partition that stays shorter than what was read has lost purges`() throws {
        try live()
        topic.setStale(2)
        topic.tell(.offsetOutOfRange(partition: 0, offset: 3))
        try fixture.rounds(14, .seconds(1))
        #expect(fixture.flushes == 0)
        try fixture.rounds(6, .seconds(1))
        #expect(fixture.flushes == 1 && fixture.board.problem == nil)
    }

    @Test func `what retention has taken is missed at once`() throws {
        try live()
        try topic.append(["a", "b", "c"])
        topic.truncate(to: 5)
        try fixture.rounds(4)
        #expect(fixture.flushes == 1)
        #expect(fixture.queued == [4, 5], "the flush, and what is left")
    }

    /// Attack: the same at a start: the ends that a stale leader told were believed.
    @Test func `an agent that starts while a leader is stale does not flush`() throws {
        try live()
        topic.setStale(1)
        try fixture.restart()
        try fixture.rounds(10, .seconds(1))
        #expect(fixture.flushes == 0 && !fixture.queue.isCaughtUp)
        #expect(fixture.board.problem != nil)
        topic.setStale(nil)
        try fixture.rounds(4, .seconds(1))
        #expect(fixture.flushes == 0 && fixture.board.problem == nil && fixture.queue.isCaughtUp)
    }

    @Test func `brokers that give no answer are asked again, and nothing is flushed`() throws {
        try live()
        topic.setStale(1)
        topic.tell(.offsetOutOfRange(partition: 0, offset: 3))
        try fixture.rounds(2, .seconds(1))
        topic.setAway(true)
        try fixture.rounds(60, .seconds(1))
        #expect(fixture.flushes == 0)
        topic.setAway(false)
        topic.setStale(nil)
        try fixture.rounds(4, .seconds(1))
        #expect(fixture.flushes == 0 && fixture.reading?.isCertain == true)
    }

    // MARK: A topic made anew

    @Test func `a new topic that is shorter is known by its messages, without waiting`() throws {
        try live(40)
        topic.makeAnew()
        try topic.append(["new", "new"])
        topic.tell(.offsetOutOfRange(partition: 0, offset: 40))
        try fixture.rounds(5)
        #expect(fixture.flushes == 1)
        #expect(fixture.queued == [-1, 0, 1])
    }

    /// A purge of the new topic showed what had been done of the earlier one's purge at its offset.
    @Test func `what was done of the earlier topic's purges is not told any more`() throws {
        try live()
        fixture.board.applied(
            (0..<2).map { partition in
                RecentPurge(
                    partition: partition, offset: 1, removed: 7, bytes: 7, appliedAt: Timestamp(milliseconds: 0),
                    took: .zero)
            })
        topic.makeAnew()
        try topic.append(["new"])
        topic.tell(.offsetOutOfRange(partition: 0, offset: 3))
        try fixture.rounds(5)
        #expect(fixture.flushes == 1)
        #expect(fixture.board.summary.recent.map(\.partition) == [1])
    }

    @Test func `an empty topic is believed to be a new one after a while`() throws {
        try live()
        topic.makeAnew()
        topic.tell(.offsetOutOfRange(partition: 0, offset: 3))
        try fixture.rounds(10, .seconds(1))
        #expect(fixture.flushes == 0)
        try fixture.rounds(10, .seconds(1))
        #expect(fixture.flushes == 1)
    }

    /// Attack: a topic was made anew and filled at once with more than the old one had: nobody noticed, and the first
    /// purges were never applied.
    @Test(arguments: [
        ConsumerEvent.partitionCountChanged("Topic purge.events partition count changed from 1 to 0"),
        .error(KafkaError(code: .unknownTopicOrPartition, message: "reading", partition: 0)),
        .error(KafkaError(code: .allBrokersDown, message: "1/1 brokers are down")),
        .error(KafkaError(code: .transport, message: "Connection refused")),
    ])
    func `a new topic that is longer is noticed when Kafka was away`(event: ConsumerEvent) throws {
        try live()
        topic.makeAnew()
        try topic.append((0..<6).map { "new\($0)" })
        topic.tell(event)
        try fixture.rounds(1)
        #expect(fixture.reading?.isCertain == false)
        #expect(fixture.queued.isEmpty, "nothing is applied before it is compared")
        try fixture.rounds(3)
        #expect(fixture.flushes == 1)
        #expect(fixture.queued == [-1, 0, 1, 2, 3, 4, 5])
        #expect(fixture.reading?.isCertain == true && fixture.board.problem == nil)
    }

    /// Attack: the agent was stopped meanwhile (SIGSTOP, a paused machine), and went on in the new topic.
    @Test func `a new topic that is longer is noticed by an agent that did not run`() throws {
        try live()
        topic.whilePolling { [topic, clock = fixture.clock] in
            clock.advance(by: .seconds(60))
            topic.makeAnew()
            try? topic.append((0..<6).map { "new\($0)" })
            topic.whilePolling(nil)
        }
        try fixture.rounds(1)
        #expect(fixture.queued.isEmpty && fixture.reading?.isCertain == false)
        try fixture.rounds(3)
        #expect(fixture.flushes == 1)
        #expect(fixture.queued == [-1, 0, 1, 2, 3, 4, 5])
    }

    @Test func `a new topic that nothing tells of is noticed within a minute or so, though it was read on`() throws {
        try live()
        topic.makeAnew()
        try topic.append((0..<6).map { "new\($0)" })
        try fixture.rounds(2)
        #expect(fixture.queued == [3, 4, 5], "this is what makes it hard")
        try fixture.rounds(70, .seconds(1))
        #expect(fixture.flushes == 1)
        #expect(fixture.queued == [-1, 0, 1, 2, 3, 4, 5])
    }

    @Test func `the same topic stays the same, however often it is compared, and each purge comes once`() throws {
        try live()
        var expected: [Int64] = []
        for number in 0..<20 {
            try topic.append(["t\(number)"])
            expected.append(Int64(3 + number))
            topic.tell(.error(KafkaError(code: .transport, message: "Connection refused")))
            try fixture.rounds(2, number % 3 == 0 ? .seconds(30) : .milliseconds(10))
        }
        try fixture.rounds(4)
        #expect(fixture.queued == expected && fixture.flushes == 0)
        #expect(fixture.board.problem == nil)
    }

    // MARK: A partition that lost its end

    /// Attack: a broker lost what it had not written to its disk, or a copy that was behind led, and other purges stood
    /// at the same offsets before the agent looked: what it compared was older than the loss, and they were never
    /// applied.
    @Test func `a partition that lost its last messages and has others there is noticed`() throws {
        try live()
        try topic.append((3..<10).map { "t\($0)" })
        try fixture.rounds()
        try fixture.apply()
        topic.loseEnd(from: 6)
        try topic.append((0..<8).map { "other\($0)" })
        topic.tell(.error(KafkaError(code: .transport, message: "Connection refused")))
        try fixture.rounds(5)
        #expect(fixture.flushes == 1)
        #expect(fixture.queued == Array(-1..<14))
        #expect(fixture.reading?.isCertain == true && fixture.board.problem == nil)
    }

    @Test func `a partition that lost its last messages is noticed though nothing else is there yet`() throws {
        try live(10)
        topic.loseEnd(from: 6)
        topic.tell(.error(KafkaError(code: .transport, message: "Connection refused")))
        try fixture.rounds(10, .seconds(1))
        #expect(fixture.flushes == 0 && fixture.reading?.isCertain == false)
        try fixture.rounds(10, .seconds(1))
        #expect(fixture.flushes == 1 && fixture.reading?.isCertain == true)
    }

    @Test func `a message that retention took before it was compared proves nothing`() throws {
        try live()
        topic.truncate(to: 3)
        topic.tell(.error(KafkaError(code: .allBrokersDown, message: "1/1 brokers are down")))
        try fixture.rounds(4)
        #expect(fixture.flushes == 0 && fixture.reading?.isCertain == true)
        try topic.append(["next"])
        try fixture.rounds(2)
        #expect(fixture.queued == [3])
    }

    @Test func `a quiet topic whose last message is gone is compared without a word`() throws {
        try live()
        topic.truncate(to: 3)
        try fixture.rounds(2, .seconds(1))
        for _ in 0..<200 {
            try fixture.rounds(1, .seconds(1))
            #expect(fixture.queue.isCaughtUp)
        }
        #expect(fixture.log.all.filter { !$0.contains("reading purges") } == [] && fixture.flushes == 0)
    }

    @Test func `a partition without a message is certain again when its end was told`() throws {
        try fixture.rounds()
        #expect(fixture.queue.isCaughtUp)
        topic.tell(.error(KafkaError(code: .allBrokersDown, message: "1/1 brokers are down")))
        try fixture.rounds(1)
        #expect(fixture.reading?.isCertain == false)
        try fixture.rounds(2)
        #expect(fixture.queue.isCaughtUp && fixture.board.problem == nil)
    }

    @Test func `acknowledgements tell the last message that was read`() throws {
        #expect(fixture.queue.progress().first?.mark == nil)
        try live()
        let mark = fixture.queue.progress().first?.mark
        #expect(mark?.offset == 2)
        try fixture.restart()
        #expect(fixture.queue.progress().first?.mark == mark)
        topic.makeAnew()
        try topic.append(["new"])
        try fixture.rounds(8, .seconds(1))
        #expect(fixture.flushes == 1)
        #expect(fixture.queue.progress().first?.mark?.offset == 0)
    }

    // MARK: An open transaction

    /// Attack: an open transaction of some producer held its partition back: agents were live and said nothing.
    @Test func `what an open transaction holds back is told, and counts as not read`() throws {
        try live()
        topic.hold(true)
        try topic.append(["behind"])
        try fixture.rounds(4, .seconds(1))
        #expect(fixture.reading?.unread?.end == 4)
        try fixture.rounds(6, .seconds(1))
        #expect(fixture.board.problem?.contains("open transaction") == true)
        #expect(!fixture.queue.isCaughtUp)
        topic.hold(false)
        try fixture.rounds(3, .seconds(1))
        try fixture.apply()
        #expect(fixture.board.problem == nil && fixture.queue.isCaughtUp && fixture.reading?.unread == nil)
        #expect(fixture.flushes == 0)
    }

    @Test func `an agent that starts while a transaction is open is not up to date`() throws {
        try live()
        topic.hold(true)
        try topic.append(["behind"])
        try fixture.restart()
        try fixture.rounds(2)
        #expect(!fixture.queue.isCaughtUp)
        #expect(fixture.reading.map { !$0.hasApplied(to: 3) } == true)
        topic.hold(false)
        try fixture.rounds(2)
        #expect(!fixture.queue.isCaughtUp)
        try fixture.apply()
        try fixture.rounds(1)
        #expect(fixture.queue.isCaughtUp)
    }

    // MARK: What is said

    /// Attack: with a wrong password, `problem` said that a connection broke.
    @Test func `what an operator has to mend is told before what comes of it`() throws {
        topic.setAway(true)
        topic.tell(.error(KafkaError(code: .authentication, message: "SASL authentication error")))
        topic.tell(.error(KafkaError(code: .allBrokersDown, message: "1/1 brokers are down")))
        try fixture.rounds(3)
        #expect(fixture.board.problem?.contains("_AUTHENTICATION") == true)
        topic.setAway(false)
        try fixture.rounds(2)
        #expect(fixture.board.problem == nil)
    }

    /// An agent whose topic was made anew with fewer partitions never said again that it had caught up, until somebody
    /// restarted it.
    @Test func `an agent begins anew when three looks in a row find fewer partitions than it reads`() throws {
        topic.setPartitionCount(3)
        try fixture.rounds()
        topic.setPartitionCount(2)
        try fixture.rounds(2, .seconds(4))
        #expect(fixture.board.problem?.contains("has 2 partitions, and 3 were read") == true)
        topic.setPartitionCount(3)
        try fixture.rounds(1, .seconds(4))
        #expect(fixture.board.problem == nil, "a broker that had not heard of the third")
        topic.setPartitionCount(2)
        try fixture.rounds(2, .seconds(4))
        #expect(throws: FewerPartitions.self) { try fixture.rounds(1, .seconds(4)) }
        try fixture.restart()
        try fixture.rounds(4, .seconds(4))
        #expect(fixture.board.problem == nil)
    }

    /// Attack: lag tools that may not be told of are no problem of purging.
    @Test func `a commit that fails is no problem`() throws {
        try live()
        topic.tell(.commitFailed(KafkaError(code: .groupAuthorizationFailed, message: "commit of offsets failed")))
        try fixture.rounds(2)
        #expect(fixture.board.problem == nil && fixture.queue.isCaughtUp)
    }

    /// Attack D35: Kafka forgets a group that has committed nothing for a week, and a quiet fleet was gone from lag
    /// tools.
    @Test func `a quiet agent commits again before Kafka forgets it`() throws {
        try live()
        try fixture.rounds(2)
        let commits = topic.commits
        #expect(commits.last == [0: 3])
        try fixture.rounds(5, .seconds(60))
        #expect(topic.commits == commits, "nothing is new")
        try fixture.rounds(2, .seconds(24 * 3600))
        #expect(topic.commits.count > commits.count && topic.commits.last == [0: 3])
    }

    /// Attack: one outage wrote 24 to 31 warnings.
    @Test func `one outage is one line for each kind of failure, and one when it is over`() throws {
        try live()
        topic.setAway(true)
        for _ in 0..<30 {
            topic.tell(.error(KafkaError(code: .transport, message: "Connection refused")))
            topic.tell(.error(KafkaError(code: .allBrokersDown, message: "1/1 brokers are down")))
            try fixture.rounds(1, .seconds(4))
        }
        try fixture.rounds(2, .milliseconds(10))
        topic.setAway(false)
        try fixture.rounds(3)
        let warnings = fixture.log.all.filter { $0.hasPrefix("warning") }
        #expect(warnings.count == 2, "\(warnings)")
        #expect(fixture.log.all.filter { $0 == "notice: reading purges again" }.count == 1)
    }
}
