import Foundation
import Kafka
import PurgeModel
import Testing

@testable import EdgeAgent

/// docs/guarantees.md, how each fault is tried: Kafka down, slow, restarted, leader moved; out of retention; partitions
/// added: a whole agent, and a cluster that misbehaves.
@Suite(.timeLimit(.minutes(5))) struct KafkaFaultTests {
    private let agent: KafkaFixture

    init() throws {
        agent = try KafkaFixture()
    }

    /// Stores objects with one tag each; returns their files.
    private func store(_ tags: [String]) throws -> [String] {
        try tags.map {
            try agent.cache.store("http://a.example/\($0)", tags: $0, date: Int64(Date().timeIntervalSince1970))
        }
    }

    private func areDeleted(_ files: [String]) -> Bool { files.allSatisfy { CacheFixture.version($0) == 0 } }

    private func tags(_ range: Range<Int>) -> [String] { range.map { "t\($0)" } }

    @Test func `Kafka down and restarted: the agent waits, and applies what comes when it is back`() async throws {
        let cluster = try agent.cluster(brokers: 2)
        let files = try store(tags(0..<3))
        try await agent.run(cluster) { ear in
            try await ear.applied(try await agent.purge(["t0"], cluster))
            for broker in Int32(1)...2 { try cluster.setBroker(broker, isUp: false) }
            // Until a producer has given up, nothing gets through.
            await #expect(throws: KafkaError.self) { try await agent.purge(["t1"], cluster) }
            #expect(!areDeleted([files[1]]))
            for broker in Int32(1)...2 { try cluster.setBroker(broker, isUp: true) }
            let heard = try await ear.applied(try await agent.purge(["t1", "t2"], cluster))
            #expect(areDeleted(files))
            #expect(heard.counts.flushes == 0)
        }
    }

    /// Attack: without the permission to write, librdkafka gives a producer up for good, and the agent ended.
    @Test func `an agent that Kafka refuses waits until it may write`() async throws {
        let cluster = try agent.cluster()
        let files = try store(["t0"])
        try cluster.pushErrors(api: .initProducerID, [.clusterAuthorizationFailed])
        try await agent.run(cluster) { ear in
            try await ear.hear("it is live") { $0.status == .live }
            try await ear.applied(try await agent.purge(["t0"], cluster))
            #expect(areDeleted(files))
        }
    }

    @Test func `an agent that is told to stop does not wait for a Kafka that is away`() async throws {
        let cluster = try agent.cluster()
        // Longer than this suite may take: what has not been said yet would keep the agent that long, twice.
        try await agent.run(cluster, messageTimeout: .seconds(600)) { ear in
            try await ear.hear("it is live") { $0.status == .live }
            try cluster.setBroker(1, isUp: false)
        }
    }

    @Test func `connections dropped: every purge is applied, each once`() async throws {
        let cluster = try agent.cluster(partitions: 2)
        let files = try store(tags(0..<30))
        try await agent.run(cluster) { ear in
            var places: [Delivery] = []
            for number in 0..<30 {
                let api = [MockCluster.APIKey.fetch, .metadata, .listOffsets, .produce][number % 4]
                try cluster.pushErrors(api: api, [.transport])
                places += try await agent.purge(["t\(number)"], cluster, partition: Int32(number % 2))
            }
            let heard = try await ear.applied(places)
            #expect(areDeleted(files))
            #expect(heard.counts.purges == 30 && heard.counts.flushes == 0)
        }
    }

    @Test func `a slow broker delays, and nothing more`() async throws {
        let cluster = try agent.cluster()
        let files = try store(["t0"])
        try await agent.run(cluster) { ear in
            try await ear.hear("it is live") { $0.status == .live }
            try cluster.setRoundTripTime(1, .milliseconds(700))
            let heard = try await ear.applied(try await agent.purge(["t0"], cluster))
            #expect(areDeleted(files) && heard.counts.flushes == 0)
        }
    }

    @Test func `leader moved in the middle: every purge is applied, each once`() async throws {
        let cluster = try agent.cluster(partitions: 2, brokers: 3)
        let files = try store(tags(0..<24))
        try await agent.run(cluster) { ear in
            var places: [Delivery] = []
            for number in 0..<24 {
                let partition = Int32(number % 2)
                try cluster.setLeader(topic: agent.topics.events, partition: partition, broker: Int32(1 + number % 3))
                if number % 5 == 0 { try cluster.setLeader(topic: agent.topics.acks, partition: 0, broker: 2) }
                places += try await agent.purge(["t\(number)"], cluster, partition: partition)
            }
            let heard = try await ear.applied(places)
            #expect(areDeleted(files))
            #expect(heard.counts.purges == 24 && heard.counts.flushes == 0)
        }
    }

    @Test func `out of retention while away: everything is flushed, counted, and the agent goes on`() async throws {
        let cluster = try agent.cluster()
        let files = try store(["named", "other"])
        let places = try await agent.purge(["before"], cluster)
        try await agent.run(cluster) { ear in _ = try await ear.applied(places) }
        // The cluster keeps 5 MiB: what was read, and more, goes.
        try await outrun(cluster)
        let file = try store(["late"])
        try await agent.run(cluster) { ear in
            try await ear.hear("the flush is done") { $0.counts.flushes == 1 && $0.status == .live }
            #expect(areDeleted(files + file))
            let after = try store(["after"])
            let heard = try await ear.applied(try await agent.purge(["after"], cluster))
            #expect(areDeleted(after))
            #expect(heard.counts.flushes == 1)
        }
    }

    /// Attack: a leader that hung and woke up called a good offset out of range, and everything was flushed.
    @Test func `one answer that an offset is out of range flushes nothing, and every purge is applied`() async throws {
        // Purges and acknowledgements on a broker each: only the agent fetches from the first.
        let cluster = try agent.cluster(brokers: 2)
        try cluster.setLeader(topic: agent.topics.events, partition: 0, broker: 1)
        try cluster.setLeader(topic: agent.topics.acks, partition: 0, broker: 2)
        let files = try store(["named", "other"])
        try await agent.run(cluster) { ear in
            var places = try await agent.purge(["before"], cluster)
            _ = try await ear.applied(places)
            for number in 0..<3 {
                try cluster.pushErrors(broker: 1, api: .fetch, [.offsetOutOfRange])
                places += try await agent.purge(["none\(number)"], cluster)
                _ = try await ear.applied(places)
            }
            let heard = try await ear.applied(try await agent.purge(["named"], cluster))
            #expect(heard.counts.flushes == 0 && heard.counts.purges == 5 && heard.problem == nil)
            #expect(areDeleted([files[0]]) && !areDeleted([files[1]]))
        }
    }

    @Test func `partitions added: they are read from their beginning without a restart, and nothing is flushed`()
        async throws
    {
        // The library cannot add partitions to a topic. So the broker gives way to another one, which has more; without
        // a message their topics cannot be told apart. The group has no coordinator then, and commits hang.
        let (few, many) = (try agent.cluster(), try agent.cluster(partitions: 3))
        try many.setBroker(1, isUp: false)
        let files = try store(["one", "two", "three", "kept"])
        try await agent.run(few, later: [many]) { ear in
            try await ear.hear("it is live") { $0.status == .live && $0.progress(in: 0)?.applied == 0 }
            try few.setBroker(1, isUp: false)
            try many.setBroker(1, isUp: true)
            var places: [Delivery] = []
            for (partition, tag) in ["one", "two", "three"].enumerated() {
                places += try await agent.purge([tag], many, partition: Int32(partition))
            }
            let other = try AgentEar(agent.kafka(many), topic: agent.topics.acks)
            defer { other.close() }
            try await other.hear("it reads the new partitions") { $0.partitions.count == 3 }
            let heard = try await other.applied(places)
            #expect(heard.counts.flushes == 0 && heard.counts.purges == 3)
            #expect(areDeleted(Array(files.prefix(3))) && !areDeleted([files[3]]))
        }
    }

    /// The way of the supervisor: nobody starts the process anew.
    @Test func `the topic made anew with fewer partitions: another agent takes the place of this one, and reads on`()
        async throws
    {
        let clusters = try [3, 1, 3].map { try agent.cluster(partitions: $0) }
        for cluster in clusters.dropFirst() { try cluster.setBroker(1, isUp: false) }
        let files = try store(["one", "two", "three", "kept"])
        try await agent.run(clusters[0], later: Array(clusters.dropFirst())) { ear in
            var places: [Delivery] = []
            for (partition, tag) in ["one", "two", "three"].enumerated() {
                places += try await agent.purge([tag], clusters[0], partition: Int32(partition))
            }
            let first = try await ear.applied(places)
            #expect(areDeleted(Array(files.prefix(3))) && !areDeleted([files[3]]))
            try goOver(from: clusters[0], to: clusters[1])
            let fewer = try await agent.purge(["nothing"], clusters[1], partition: 0)
            let second = try AgentEar(agent.kafka(clusters[1]), topic: agent.topics.acks)
            defer { second.close() }
            let heard = try await second.hear("another agent is live, and reads what is there") { word in
                word.instance != first.instance && word.status == .live
                    && word.progress(in: 0)?.hasApplied(fewer[0].offset) == true
            }
            #expect(areDeleted(files), "what the earlier topic named may have been missed")
            // One that comes back is read by the agent that is there.
            try goOver(from: clusters[1], to: clusters[2])
            let back = try await agent.purge(["nothing", "nothing"], clusters[2], partition: 2)
            let third = try AgentEar(agent.kafka(clusters[2]), topic: agent.topics.acks)
            defer { third.close() }
            let last = try await third.applied(back)
            #expect(last.instance == heard.instance)
        }
    }

    private func goOver(from old: MockCluster, to new: MockCluster) throws {
        try old.setBroker(1, isUp: false)
        try new.setBroker(1, isUp: true)
    }

    /// Fills the topic with purges of nothing until its beginning is gone.
    private func outrun(_ cluster: MockCluster) async throws {
        var generator = SystemRandomNumberGenerator()
        let producer = try Producer(agent.kafka(cluster))
        let tags = try (0..<900).map { try CacheTag(validating: "\($0)" + String(repeating: "x", count: 1000)) }
        for _ in 0..<8 {
            let event = PurgeEvent(
                id: .random(using: &generator), zone: "z", scope: .all, selectors: Selectors(tags: tags),
                acceptedAt: SystemClock().now, source: "test")
            _ = try await producer.send(
                topic: agent.topics.events, key: nil, value: PurgeEventCodec.encode(event), partition: 0)
        }
        await producer.closeGracefully(flushing: .seconds(10))
    }

    @Test func `topic made anew, shorter than what was read: flushed, and read from its beginning`() async throws {
        let files = try store(["one", "two"])
        let old = try agent.cluster()
        try await agent.run(old) { ear in
            _ = try await ear.applied(try await agent.purge(["x", "y", "z"], old))
        }
        old.close()
        let new = try agent.cluster()
        let places = try await agent.purge(["one"], new)
        #expect(places.first?.offset == 0)
        try await agent.run(new) { ear in
            let heard = try await ear.hear("the new offset is applied") {
                $0.progress(in: 0)?.hasApplied(0) == true && $0.progress(in: 0)?.highWatermark == 1
            }
            #expect(heard.counts.flushes == 1)
            #expect(areDeleted(files))
        }
    }

    @Test func `topic made anew, longer than what was read: flushed, and read from its beginning`() async throws {
        let files = try store(["one", "two", "three"])
        let old = try agent.cluster()
        try await agent.run(old) { ear in _ = try await ear.applied(try await agent.purge(["x", "y"], old)) }
        old.close()
        let new = try agent.cluster()
        let places = try await agent.purge(["one", "x", "two"], new)
        try await agent.run(new) { ear in
            let heard = try await ear.hear("all of the new topic is applied") {
                $0.counts.flushes == 1 && $0.progress(in: 0)?.applied == 3
            }
            #expect(places.allSatisfy { heard.progress(in: 0)?.hasApplied($0.offset) == true })
            #expect(areDeleted(files))
        }
    }

    @Test func `restarted, the agent goes on where it left off, without a flush`() async throws {
        let cluster = try agent.cluster()
        let files = try store(["one", "two", "kept"])
        try await agent.run(cluster) { ear in _ = try await ear.applied(try await agent.purge(["one"], cluster)) }
        let place = try await agent.purge(["two"], cluster)
        try await agent.run(cluster) { ear in
            let heard = try await ear.applied(place)
            #expect(heard.counts.flushes == 0 && heard.counts.purges == 1)
        }
        // Nothing new, and then something.
        try await agent.run(cluster) { ear in
            try await ear.hear("it is live") { $0.status == .live }
            let heard = try await ear.applied(try await agent.purge(["x"], cluster))
            #expect(heard.counts.flushes == 0)
        }
        #expect(areDeleted(Array(files.prefix(2))) && !areDeleted([files[2]]))
    }

    @Test func `an event produced twice is applied twice, and removes once`() async throws {
        let cluster = try agent.cluster()
        let files = try store(["t0", "t1"])
        let event = PurgeEvent(
            id: try #require(PurgeID("0123456789abcdef0123456789abcdef")), zone: "z", scope: .all,
            selectors: Selectors(tags: [try CacheTag(validating: "t0")]), acceptedAt: SystemClock().now, source: "test")
        try await agent.run(cluster) { ear in
            let producer = try Producer(agent.kafka(cluster))
            var places: [Delivery] = []
            for _ in 0..<2 {
                places.append(
                    try await producer.send(
                        topic: agent.topics.events, key: nil, value: PurgeEventCodec.encode(event), partition: 0))
            }
            await producer.closeGracefully(flushing: .seconds(10))
            let heard = try await ear.applied(places)
            #expect(heard.recent.reduce(0) { $0 + $1.removed } == 1 && heard.counts.purges == 2)
            #expect(areDeleted([files[0]]) && !areDeleted([files[1]]))
        }
    }
}
