import PurgeModel
import Testing

@testable import ControlPlane

/// What a purge tells of single agents is about that purge, whatever has become of the topic since.
@Suite struct PurgeDetailsTests {
    private let now = Samples.instant(0)

    private func mark(_ offset: Int64, topic: UInt64 = 1) -> MessageMark {
        MessageMark(offset: offset, fingerprint: topic << 32 | UInt64(offset))
    }

    /// A word of an agent that has applied a topic up to an offset, and tells of single purges.
    private func word(
        _ agent: String, _ applied: Int64, topic: UInt64 = 1, instance: String = "i1", flushes: Int64 = 0,
        removed: [Int64: Int] = [:]
    ) -> Acknowledgement {
        Samples.acknowledgement(
            agent, instance: instance, applied: [0: applied],
            recent: removed.keys.sorted().map { Samples.result(0, $0, removed: removed[$0] ?? 0) },
            marks: applied > 0 ? [0: mark(applied - 1, topic: topic)] : [:], flushes: flushes)
    }

    private func read(_ number: Int, at offset: Int64, topic: UInt64 = 1, in state: inout CollectorState) throws {
        let isSame = state.foundMessage(mark(offset, topic: topic), in: 0)
        #expect(isSame)
        state.receive(
            try Samples.event(number), bytes: 10, at: PurgePosition(partition: 0, offset: offset), now: now)
    }

    /// A state that has read three purges, which agents have applied.
    private func ready(_ agents: [String] = ["a"]) throws -> CollectorState {
        var state = CollectorState(settings: .init(instanceWindow: .seconds(3), keepsHistory: true))
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: now)
        for offset in 0..<3 { try read(Int(offset) + 1, at: Int64(offset), in: &state) }
        for agent in agents { state.receive(word(agent, 3, removed: [0: 10, 1: 11, 2: 12]), now: now) }
        #expect(state.openCount == 0)
        return state
    }

    private func removed(_ number: Int, in state: CollectorState) throws -> [Int?] {
        let status = try #require(state.status(of: try Samples.id(number), now: now))
        return status.byAgent?.map(\.removed) ?? []
    }

    /// `purge.events` was made anew, and an agent began it before the collector had read it: what it told of the new
    /// purge was added to the earlier one at its offset, or lost.
    @Test func `what an agent tells of the new topic is no detail of the earlier one`() throws {
        var state = try ready(["a", "b"])
        state.startedOver(partition: 0, end: 2)
        // It tells of the new topic before that is read here.
        state.receive(word("c", 2, topic: 2, removed: [0: 20, 1: 21]), now: now)
        state.receive(word("a", 2, topic: 2, flushes: 1, removed: [0: 20, 1: 21]), now: now)
        for offset in 0..<2 { try read(Int(offset) + 11, at: Int64(offset), topic: 2, in: &state) }
        state.receive(word("b", 2, topic: 2, flushes: 1, removed: [0: 20, 1: 21]), now: now)
        #expect(state.openCount == 0)
        for number in 11...12 {
            #expect(try removed(number, in: state) == [number + 9, number + 9, number + 9])
        }
        #expect(try removed(3, in: state) == [12, 12])
        #expect(state.status(of: try Samples.id(3), now: now)?.removed == 24)
    }

    @Test func `what an agent told before the collector had noticed is not lost`() throws {
        var state = try ready()
        // Three messages of the new topic are there; the collector still remembers those of the earlier one.
        state.receive(word("a", 2, topic: 2, flushes: 1, removed: [0: 20, 1: 21]), now: now)
        #expect(try removed(1, in: state) == [10], "another message is at that offset here")
        state.startedOver(partition: 0, end: 2)
        for offset in 0..<2 { try read(Int(offset) + 11, at: Int64(offset), topic: 2, in: &state) }
        // It says the same again every second.
        state.receive(word("a", 2, topic: 2, flushes: 1, removed: [0: 20, 1: 21]), now: now)
        #expect(try removed(11, in: state) == [20])
        #expect(try removed(12, in: state) == [21])
    }

    @Test func `an agent that reads on in the new topic tells nothing of it`() throws {
        var state = try ready()
        state.startedOver(partition: 0, end: 4)
        for offset in 0..<4 { try read(Int(offset) + 11, at: Int64(offset), topic: 2, in: &state) }
        state.receive(word("a", 4, topic: 2, removed: [1: 11, 2: 12, 3: 23]), now: now)
        #expect(try removed(12, in: state) == [nil])
        state.receive(word("a", 4, topic: 2, flushes: 1, removed: [0: 20, 1: 21, 2: 22, 3: 23]), now: now)
        #expect(state.openCount == 0)
        #expect(try removed(12, in: state) == [21])
    }

    /// After `purge.events` was made anew, or while an agent started again, a confirmed purge said that it was pending.
    @Test func `a confirmed purge says what it said, though the topic is another one`() throws {
        var state = try ready(["a", "b"])
        let before = try #require(state.status(of: try Samples.id(3), now: now))
        #expect(before.agents == AgentCounts(expected: 2, effective: 2, applied: 2))
        state.startedOver(partition: 0, end: 0)
        #expect(state.status(of: try Samples.id(3), now: now) == before)
        state.receive(word("a", 0, flushes: 1), now: now)
        #expect(state.status(of: try Samples.id(3), now: now) == before)
        // What the history has of it says the same, too.
        var history = HistoryModel()
        history.take(state.takeChanges())
        var fresh = CollectorState(settings: state.settings)
        fresh.restore(history.restored, now: now)
        fresh.purgesCaughtUp()
        for agent in ["a", "b"] { fresh.receive(word(agent, 0, flushes: 1), now: now) }
        fresh.acknowledgementsCaughtUp(at: now)
        #expect(fresh.status(of: try Samples.id(3), now: now) == before)
        // An agent that came later has nothing to do with it.
        fresh.receive(word("c", 0), now: now)
        #expect(fresh.status(of: try Samples.id(3), now: now) == before)
    }

    @Test func `a confirmed purge says what it said while an agent starts again`() throws {
        var state = try ready()
        let before = try #require(state.status(of: try Samples.id(3), now: now))
        state.receive(word("a", 3, instance: "i2"), now: now)
        #expect(state.agents.map(\.tracker.standing) == [.takingOver])
        #expect(state.status(of: try Samples.id(3), now: now) == before)
        state.receive(word("a", 3, instance: "i1"), now: now)
        #expect(state.agents.map(\.tracker.standing) == [.conflicted])
        #expect(state.status(of: try Samples.id(3), now: now) == before)
    }

    @Test func `results that come before their purge wait for it, the older topic's for nothing`() throws {
        var state = try ready()
        state.receive(word("a", 5, removed: [3: 13, 4: 14]), now: now)
        try read(4, at: 3, in: &state)
        #expect(try removed(4, in: state) == [nil], "the mark that came with it is not read yet")
        try read(5, at: 4, in: &state)
        #expect(try removed(4, in: state) == [13])
        #expect(try removed(5, in: state) == [14])
        state.receive(word("a", 6, removed: [5: 15]), now: now)
        state.startedOver(partition: 0, end: 7)
        for offset in 0..<7 { try read(Int(offset) + 11, at: Int64(offset), topic: 2, in: &state) }
        state.receive(word("a", 7, topic: 2, flushes: 1, removed: [6: 26]), now: now)
        #expect(try removed(16, in: state) == [nil])
        #expect(try removed(17, in: state) == [26])
    }

    /// It was not certain yet which topic that was about, and when it was, it was no news any more.
    @Test func `what an agent told before the new topic was noticed is shown when it repeats it`() throws {
        var state = try ready()
        let ofNew = word("b", 2, topic: 2, removed: [0: 20, 1: 21])
        state.receive(ofNew, now: now)
        state.startedOver(partition: 0, end: 2)
        for offset in 0..<2 { try read(Int(offset) + 11, at: Int64(offset), topic: 2, in: &state) }
        state.receive(ofNew, now: now)
        for number in 11...12 { #expect(try removed(number, in: state) == [nil, number + 9]) }
    }

    /// An agent had told of the new topic before the collector noticed it, and of other purges since: what it had told
    /// first was lost.
    @Test func `what was told before the new topic was noticed is not lost when other purges are told since`() throws {
        var state = try ready()
        state.receive(word("a", 2, topic: 2, flushes: 1, removed: [0: 20, 1: 21]), now: now)
        state.receive(word("a", 3, topic: 2, flushes: 1, removed: [2: 22]), now: now)
        state.startedOver(partition: 0, end: 3)
        state.receive(word("a", 4, topic: 2, flushes: 1, removed: [3: 23]), now: now)
        for offset in 0..<4 { try read(Int(offset) + 11, at: Int64(offset), topic: 2, in: &state) }
        for number in 11...14 { #expect(try removed(number, in: state) == [number + 9]) }
        for number in 1...3 { #expect(state.status(of: try Samples.id(number), now: now)?.removed ?? 0 < 20) }
    }

    /// It has read on in the new topic and mixes both: that it flushes later says nothing about what it told before.
    @Test func `what an agent told before it flushed is not taken when it is believed again`() throws {
        var state = try ready()
        state.receive(word("a", 4, topic: 2, removed: [1: 11, 2: 12, 3: 23]), now: now)
        state.startedOver(partition: 0, end: 4)
        for offset in 0..<4 { try read(Int(offset) + 11, at: Int64(offset), topic: 2, in: &state) }
        state.receive(word("a", 4, topic: 2, flushes: 1, removed: [0: 20]), now: now)
        #expect(try removed(11, in: state) == [20])
        for number in 12...14 { #expect(try removed(number, in: state) == [nil]) }
    }

    /// After a restart of the collector the last words of the earlier topic come first, and what they told stood in the
    /// way of what the agent told of the new one.
    @Test func `what a later run of an agent tells takes the place of what the earlier one told`() throws {
        var state = CollectorState(settings: .init(instanceWindow: .zero, keepsHistory: true))
        state.receive(word("a", 1, removed: [0: 10]), now: now)
        state.acknowledgementsCaughtUp(at: now)
        state.receive(word("a", 1, topic: 2, instance: "i2", flushes: 1, removed: [0: 20]), now: now)
        try read(11, at: 0, topic: 2, in: &state)
        #expect(try removed(11, in: state) == [20])
    }
}
