import PurgeModel
import Testing

@testable import ControlPlane

/// A topic that was made anew: offsets begin again, and agents' last words are of the earlier one.
@Suite struct CollectorTopicTests {
    private let now = Samples.instant(0)

    /// A state that knows agents, and a partition read to an offset.
    private func ready(_ words: [String: Int64], readTo: Int64) -> CollectorState {
        var state = CollectorState(settings: .init(instanceWindow: .zero))
        state.reachedEnd(of: 0, at: readTo, now: now)
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: now)
        for (agent, applied) in words { state.receive(word(agent, applied), now: now) }
        return state
    }

    private func word(
        _ agent: String, _ applied: Int64, instance: String = "i1", status: AgentStatus = .live
    ) -> Acknowledgement {
        Samples.acknowledgement(agent, instance: instance, applied: [0: applied], status: status)
    }

    private func accept(_ number: Int, at offset: Int64, in state: inout CollectorState) throws {
        state.accepted(
            try Samples.event(number), bytes: 10, at: PurgePosition(partition: 0, offset: offset),
            acceptedAt: now.monotonic, now: now)
    }

    private func read(_ number: Int, at offset: Int64, in state: inout CollectorState) throws {
        state.receive(
            try Samples.event(number), bytes: 10, at: PurgePosition(partition: 0, offset: offset), now: now)
    }

    @Test func `what was told of the earlier topic does not count, before and after the reader has noticed`() throws {
        var state = ready(["a": 5000, "down": 5000], readTo: 5000)
        try accept(1, at: 3, in: &state)
        #expect(state.isOpen(try Samples.id(1)), "our own producer was first to see it")
        state.startedOver(partition: 0, end: 4)
        try read(1, at: 3, in: &state)
        try read(2, at: 4, in: &state)
        #expect(state.openCount == 2)
        // It has not noticed yet, and says so every second.
        state.receive(word("a", 5000), now: now)
        state.receive(word("a", 5), now: now)
        #expect(state.takeConfirmed().isEmpty, "one is down")
        let status = try #require(state.status(of: try Samples.id(2), now: now))
        #expect(status.agents == .init(expected: 2, effective: 1, applied: 1, pending: 1))
        #expect(state.lagList(now: now).agents.map(\.lag) == [0, 5])
        state.receive(word("down", 5), now: now)
        #expect(state.takeConfirmed().count == 2)
    }

    @Test func `an agent that power loss put back is not believed because it tells less`() throws {
        var state = ready(["a": 5000], readTo: 5000)
        state.startedOver(partition: 0, end: 1)
        try read(1, at: 0, in: &state)
        for _ in 0..<2 { state.receive(word("a", 4800, instance: "i2", status: .catchingUp), now: now) }
        for offset in 1..<4900 { try read(offset + 1, at: Int64(offset), in: &state) }
        for _ in 0..<2 { state.receive(word("a", 4800, instance: "i2", status: .catchingUp), now: now) }
        #expect(state.openCount == 4900)
        state.receive(word("a", 1, instance: "i2", status: .fenced), now: now)
        #expect(!state.isOpen(try Samples.id(1)))
    }

    @Test func `an agent is believed again when the new topic has outgrown the earlier one`() throws {
        var state = ready(["beyond": 50, "between": 50, "other": 100], readTo: 100)
        state.startedOver(partition: 0, end: 1)
        state.receive(word("other", 1), now: now)
        for offset in 0...100 { try read(offset, at: Int64(offset), in: &state) }
        state.receive(word("other", 101), now: now)
        // Away for the whole time: they have not been heard to tell less.
        state.receive(word("beyond", 101), now: now)
        state.receive(word("between", 60), now: now)
        #expect(state.openCount == 101, "the earlier topic had 60 as well")
        for _ in 0..<2 { state.receive(word("between", 60, instance: "i2"), now: now) }
        #expect(state.openCount == 41, "a later run that is live has compared")
    }

    @Test func `retired and back, an agent speaks of the earlier topic still`() throws {
        var state = ready(["a": 50, "b": 1], readTo: 100)
        state.startedOver(partition: 0, end: 1)
        state.remove(agent: "a", now: now)
        try read(1, at: 0, in: &state)
        #expect(!state.isOpen(try Samples.id(1)))
        state.receive(word("a", 50), now: now)
        try read(2, at: 1, in: &state)
        state.receive(word("b", 2), now: now)
        #expect(state.isOpen(try Samples.id(2)))
    }

    @Test func `after a restart nobody is believed to have applied more than there is`() throws {
        var state = CollectorState()
        try read(1, at: 0, in: &state)
        state.purgesCaughtUp()
        state.receive(word("down", 5000), now: now)
        state.receive(word("ahead of our reading", 2), now: now)
        state.acknowledgementsCaughtUp(at: now)
        #expect(state.isOpen(try Samples.id(1)))
        try read(2, at: 1, in: &state)
        let status = try #require(state.status(of: try Samples.id(2), now: now))
        #expect(status.agents == .init(expected: 2, effective: 1, applied: 1, pending: 1))
        state.receive(word("down", 2), now: now)
        #expect(state.openCount == 0)
    }

    @Test func `ends without messages are read too: an agent that is past them is believed`() throws {
        var state = CollectorState()
        try read(1, at: 0, in: &state)
        state.receive(word("a", 3), now: now)
        state.acknowledgementsCaughtUp(at: now)
        #expect(state.isOpen(try Samples.id(1)))
        // As behind the marker of a transaction.
        state.reachedEnd(of: 0, at: 3, now: now)
        #expect(!state.isOpen(try Samples.id(1)))
    }

    @Test func `a purge that was forgotten and is read twice changes nothing`() throws {
        var state = CollectorState(settings: .init(purgesMax: 2))
        state.acknowledgementsCaughtUp(at: now)
        for offset in 0..<5 {
            try read(offset, at: Int64(offset), in: &state)
            state.receive(word("a", Int64(offset) + 1), now: now)
        }
        try read(0, at: 0, in: &state)
        #expect(state.openCount == 0)
        #expect(state.agents.map(\.earlier.count) == [0])
    }

    @Test func `of two purges that the history has at one offset the later one is taken up`() throws {
        let purges = try [1, 2].map { number in
            HistoryPurge(
                event: try Samples.event(number, acceptedAt: Int64(number)),
                position: PurgePosition(partition: 0, offset: 3), bytes: 10, reached: ByMilestone(each: nil),
                removedObjects: 0, removedBytes: 0, pieces: 0, results: [])
        }
        for restored in [purges, purges.reversed()] {
            var state = CollectorState()
            state.restore(RestoredHistory(purges: restored, readTo: [0: 4]), now: now)
            state.receive(word("a", 3), now: now)
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
            #expect(state.takeConfirmed().isEmpty)
            state.receive(word("a", 4), now: now)
            #expect(state.takeConfirmed() == [try Samples.id(2)])
            #expect(state.openCount == 0)
        }
    }

    @Test func `after a restart, one that has not noticed may say so again and again`() throws {
        var state = CollectorState()
        state.restore(RestoredHistory(purges: [], readTo: [0: 4000]), now: now)
        state.startedOver(partition: 0, end: 1)
        try read(1, at: 0, in: &state)
        state.purgesCaughtUp()
        state.receive(word("a", 4500), now: now)
        state.acknowledgementsCaughtUp(at: now)
        state.receive(word("a", 4500), now: now)
        #expect(state.isOpen(try Samples.id(1)))
        state.receive(word("a", 1), now: now)
        #expect(!state.isOpen(try Samples.id(1)))
    }

    private func mark(_ offset: Int64, topic: UInt64 = 1) -> MessageMark {
        MessageMark(offset: offset, fingerprint: topic << 32 | UInt64(offset))
    }

    /// A word of an agent that has read a topic up to an offset.
    private func word(_ agent: String, _ applied: Int64, topic: UInt64, flushes: Int64 = 0) -> Acknowledgement {
        Samples.acknowledgement(
            agent, applied: [0: applied], marks: [0: mark(applied - 1, topic: topic)], flushes: flushes)
    }

    /// Attack D30: what an agent of the earlier topic said was believed, since it fitted into the new one.
    @Test func `an agent whose last message is another one is not believed, and shown as a conflict`() throws {
        var state = CollectorState(settings: .init(instanceWindow: .zero))
        for offset in 0..<6 {
            let result1 = state.foundMessage(mark(Int64(offset), topic: 2), in: 0)
            #expect(result1)
            try read(offset, at: Int64(offset), in: &state)
        }
        state.purgesCaughtUp()
        state.receive(word("paused", 3, topic: 1), now: now)
        state.acknowledgementsCaughtUp(at: now)
        #expect(state.openCount == 6)
        let agent = try #require(state.agentList(now: now).agents.first)
        #expect(agent.conflicted)
        #expect(agent.problem?.contains("purge.events was made anew") == true)
        let result2 = state.takeSuspicion()
        #expect(result2, "one of both is wrong")
        state.receive(word("paused", 4, topic: 2, flushes: 1), now: now)
        #expect(state.openCount == 2)
        #expect(state.agentList(now: now).agents.first?.conflicted == false)
    }

    @Test func `an agent that reads on in the new topic is not believed before it has flushed`() throws {
        var state = CollectorState(settings: .init(instanceWindow: .zero))
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: now)
        for offset in 0..<3 {
            let result3 = state.foundMessage(mark(Int64(offset)), in: 0)
            #expect(result3)
            try read(offset, at: Int64(offset), in: &state)
        }
        state.receive(word("a", 3, topic: 1), now: now)
        #expect(state.openCount == 0)
        state.startedOver(partition: 0, end: 5)
        for offset in 0..<5 {
            let result4 = state.foundMessage(mark(Int64(offset), topic: 2), in: 0)
            #expect(result4)
            try read(offset + 10, at: Int64(offset), in: &state)
        }
        state.receive(word("a", 5, topic: 2), now: now)
        #expect(state.openCount == 5)
        #expect(state.agentList(now: now).agents.first?.conflicted == true)
        state.receive(word("a", 5, topic: 2, flushes: 1), now: now)
        #expect(state.openCount == 0)
    }

    @Test func `an agent that is ahead of our reading is believed as far as we have read`() throws {
        var state = CollectorState(settings: .init(instanceWindow: .zero))
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: now)
        try accept(0, at: 0, in: &state)
        state.receive(word("a", 1, topic: 1), now: now)
        state.receive(word("a", 2, topic: 1), now: now)
        #expect(state.openCount == 1)
        let result5 = state.foundMessage(mark(0), in: 0)
        #expect(result5)
        try read(0, at: 0, in: &state)
        #expect(state.openCount == 0, "the older of its marks counts, though it tells of more by now")
        let result6 = state.foundMessage(mark(1), in: 0)
        #expect(result6)
        try read(1, at: 1, in: &state)
        #expect(state.openCount == 0)
    }

    @Test func `a message that another process has read is found to be another one`() throws {
        var state = CollectorState(settings: .init(instanceWindow: .zero, keepsHistory: true))
        state.restore(RestoredHistory(readTo: [0: 9], start: [0: 4], marks: [0: [mark(4), mark(8)]]), now: now)
        #expect(state.start == [0: 4])
        let result7 = state.foundMessage(mark(4), in: 0)
        #expect(result7)
        try read(4, at: 4, in: &state)
        #expect(state.openCount == 0, "it is known, and was read for its mark only")
        let result8 = state.takeChanges().readTo
        #expect(result8 == [0: 9])
        let result9 = state.foundMessage(mark(8, topic: 2), in: 0)
        #expect(!result9)
        #expect(state.start == [0: 0])
    }

    @Test func `a purge below what was read makes the reader begin anew`() throws {
        var state = ready(["a": 5], readTo: 5)
        try accept(7, at: 2, in: &state)
        let result10 = state.takePartitionsToReadAnew()
        #expect(result10 == [0])
        let result11 = state.takePartitionsToReadAnew()
        #expect(result11.isEmpty)
    }

    /// Attack D32: with acknowledgements that Kafka forgets, a purge was confirmed without an agent that had stopped.
    @Test func `while a topic makes confirmations untrue, nothing is confirmed`() throws {
        var state = ready([:], readTo: 0)
        state.receive(word("a", 0), now: now)
        state.hold("topic 'purge.acks' is not compacted", now: now)
        try read(1, at: 0, in: &state)
        state.receive(word("a", 1), now: now)
        #expect(state.openCount == 1)
        #expect(state.agentList(now: now).problem == "topic 'purge.acks' is not compacted")
        state.hold(nil, now: now)
        #expect(state.openCount == 0)
    }
}
