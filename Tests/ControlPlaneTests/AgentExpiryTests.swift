import Kafka
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// Agents that are silent for too long leave the set, and only those nobody waits for.
struct AgentExpiryTests {
    private static let expire = Duration.seconds(60)

    private func state(_ words: [Acknowledgement], expire: Duration? = Self.expire) -> CollectorState {
        var state = CollectorState(settings: CollectorSettings(expire: expire))
        state.purgesCaughtUp()
        for word in words { state.receive(word, now: Samples.instant(0)) }
        state.acknowledgementsCaughtUp(at: Samples.instant(0))
        return state
    }

    /// Whose tombstones are to be written after so many seconds of proven silence.
    private func expired(_ state: inout CollectorState, at seconds: Double) -> [Retirement] {
        state.letTimePass(to: Samples.instant(seconds))
        return state.expired(at: Samples.instant(seconds))
    }

    private func word(_ agent: String, _ fence: FenceMode, drained: Bool = false, sentAt: Int64 = 7) -> Acknowledgement
    {
        Samples.acknowledgement(agent, sentAt: sentAt, applied: [0: 0], fence: fence, drained: drained)
    }

    @Test func `only agents leave that fence themselves when they are cut off`() {
        let words = [
            word("a", .cutOff), word("b", .start), word("c", .behind), word("d", .cutOff, drained: true),
            word("e", .off),
        ]
        var state = state(words)
        #expect(expired(&state, at: 59).isEmpty)
        let found = expired(&state, at: 61)
        #expect(found == [Retirement(agent: "a", acksPartition: 0, expired: LastWord(words[0]))])
        var never = self.state(words, expire: nil)
        #expect(expired(&never, at: 1_000_000).isEmpty)
    }

    @Test func `silence counts as far as it is proven, also while no purge is open`() {
        var state = state([word("a", .cutOff)])
        state.advance(to: Samples.instant(3600))
        #expect(state.expired(at: Samples.instant(3600)).isEmpty)
        #expect(state.partitionsToProve == [0])
        state.provedRead(acksPartition: 0, to: Samples.instant(3600).monotonic)
        state.advance(to: Samples.instant(3600))
        #expect(state.expired(at: Samples.instant(3600)).map(\.agent) == ["a"])
    }

    @Test func `one that the roster names stays`() {
        var state = state([word("a", .cutOff)])
        state.setRoster(["a": nil], now: Samples.instant(0))
        #expect(expired(&state, at: 100).isEmpty)
    }

    @Test func `a tombstone that comes after a later word means nothing`() throws {
        let first = word("a", .cutOff)
        var state = state([first, word("b", .start)])
        _ = expired(&state, at: 100)
        state.receive(word("a", .cutOff, sentAt: 8), now: Samples.instant(101))
        state.remove(agent: "a", after: LastWord(first), now: Samples.instant(102))
        state.receive(try Samples.event(1), bytes: 1, at: .init(partition: 0, offset: 0), now: Samples.instant(102))
        state.receive(
            Samples.acknowledgement("b", applied: [0: 1]), now: Samples.instant(103))
        #expect(state.takeConfirmed().isEmpty)

        state.remove(agent: "a", after: LastWord(word("a", .cutOff, sentAt: 8)), now: Samples.instant(104))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        #expect(state.agentList(now: Samples.instant(104)).agents.map(\.agent) == ["b"])
    }

    @Test func `another machine of the name keeps it from leaving`() {
        let word = Samples.acknowledgement("a", machine: Samples.machine(1), applied: [0: 0], fence: .cutOff)
        let other = Samples.acknowledgement("a", machine: Samples.machine(2), applied: [0: 0], fence: .cutOff)
        var state = state([word, other])
        #expect(expired(&state, at: 100).isEmpty)
        state.remove(agent: "a", after: LastWord(word), now: Samples.instant(100))
        #expect(state.agentList(now: Samples.instant(100)).agents.count == 2)
    }

    @Test func `a last word is read back as it was written`() {
        var random = SeededGenerator()
        for _ in 0..<1000 {
            let instance = String((0..<random.number(1...9)).map { _ in random.pick(Array("ab é\"\u{7F} ")) })
            let word = LastWord(
                Samples.acknowledgement("a", instance: instance, sentAt: Int64(random.number(0...2_000_000_000_000))))
            #expect(LastWord(word.text) == word, "seed \(random.seed)")
        }
        for text in ["", " ", "x", "2026-11-21T09:30:00.200Z", "yesterday i1"] { #expect(LastWord(text) == nil) }
    }

    @Test func `an agent that vanished leaves, and is back with its next word`() async throws {
        var bench = try KafkaBench()
        defer { bench.cluster.close() }
        bench.configuration.agentExpiry = .milliseconds(300)
        bench.configuration.confirmationMargin = .zero
        let configuration = bench.configuration
        let agents = try Producer(configuration.kafka)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let producer = try KafkaPurgeProducer(
            configuration.kafka, topics: configuration.topics, timeout: configuration.produceTimeout, logger: logger)
        var (gone, staying) = (word("gone", .cutOff), word("staying", .start))
        (gone.fenceAfter, staying.fenceAfter) = (.milliseconds(200), .milliseconds(200))
        let words = [gone, staying]
        for word in words { try await bench.acknowledge(word, with: agents) }
        try await bench.run { [bench, logger] client, ledger async throws in
            try await bench.waitUntilReady(client)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let expiry = AgentExpiry(
                        ledger: ledger, logger: logger, pause: .milliseconds(50), retire: producer.retire)
                    await expiry.run()
                }
                try await eventually("it has left") { try await client.agentCount() == 1 }
                #expect(ledger.read { state, now in state.agentList(now: now).agents.map(\.agent) } == ["staying"])
                try await bench.acknowledge(words[0], with: agents)
                try await eventually("it is back") { try await client.agentCount() == 2 }
                group.cancelAll()
            }
        }
        await producer.close(flushing: .seconds(1))
        await agents.closeGracefully(flushing: .seconds(1))
    }

    @Test func `what is in Kafka is read in its place among the words`() {
        let word = word("a", .cutOff)
        let ledger = PurgeLedger(settings: CollectorSettings()) { Timestamp(milliseconds: 8) }
        let handler = CollectorMessages(
            ledger: ledger, oldest: Timestamp(milliseconds: 0), logger: Logger(label: "test"))
        func tell(_ value: [UInt8]?, after text: String? = nil) {
            let headers = text.map { [Header(name: Acknowledgement.expiredHeader, value: Array($0.utf8))] }
            let message = Message(
                topic: "purge.acks", partition: 0, offset: 0, key: Array("a".utf8), value: value,
                headers: headers ?? [])
            handler.takeAcknowledgements(TopicReader.Batch(messages: [message], isCaughtUp: true))
        }
        var names: [String] { ledger.read { state, now in state.agentList(now: now).agents.map(\.agent) } }
        tell(AcknowledgementCodec.encode(word))
        for text in ["nonsense", LastWord(self.word("a", .cutOff, sentAt: 6)).text] {
            tell(nil, after: text)
            #expect(names == ["a"])
        }
        tell(nil, after: LastWord(word).text)
        #expect(names.isEmpty)
    }
}
