import PurgeModel
import Testing

@testable import ControlPlane

@Suite struct CollectorStateTests {
    private typealias Position = PurgePosition

    /// A state that has read both topics, which were empty.
    private func ready(_ settings: CollectorSettings = .init()) -> CollectorState {
        var state = CollectorState(settings: settings)
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: Samples.instant(0))
        return state
    }

    @Test func `a purge is confirmed by the last agent and stays confirmed`() throws {
        var state = ready()
        for agent in ["a", "b"] { state.receive(Samples.acknowledgement(agent), now: Samples.instant(0)) }
        state.accepted(
            try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 5), acceptedAt: .zero,
            now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [0: 6]), now: Samples.instant(0.1))
        #expect(state.takeConfirmed().isEmpty)
        state.receive(Samples.acknowledgement("b", applied: [0: 3], ranges: [0: [5...5]]), now: Samples.instant(0.25))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(9)))
        #expect(status.state == .confirmed)
        #expect(status.timeToConfirmedMs == 250)
        #expect(status.agents == .init(expected: 2, effective: 2, applied: 2))

        state.receive(Samples.acknowledgement("newcomer"), now: Samples.instant(10))
        let later = try #require(state.status(of: try Samples.id(1), now: Samples.instant(10)))
        #expect(later.state == .confirmed)
        #expect(later.agents == .init(expected: 3, effective: 2, applied: 2, pending: 1))
    }

    @Test func `nothing is confirmed before the acknowledgements were read to their end`() throws {
        var state = CollectorState()
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(0))
        state.receive(
            Samples.acknowledgement("a", applied: [0: 1], recent: [Samples.result(0, 0, removed: 3)]),
            now: Samples.instant(0))
        #expect(state.takeConfirmed().isEmpty)
        state.acknowledgementsCaughtUp(at: Samples.instant(60))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(60)))
        // When the agent was done, not when we were told.
        #expect(status.timeToConfirmedMs == 500)
        #expect(status.removed == 3)
    }

    @Test func `without any agent nothing is confirmed`() throws {
        var state = ready()
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(0))
        state.letTimePass(to: Samples.instant(3600))
        #expect(state.takeConfirmed().isEmpty)
    }

    @Test func `a tombstone takes away the last one that was in the way`() throws {
        var state = ready()
        for agent in ["a", "b"] { state.receive(Samples.acknowledgement(agent), now: Samples.instant(0)) }
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 2, offset: 0), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [2: 1]), now: Samples.instant(0))
        state.remove(agent: "b", now: Samples.instant(1))
        state.remove(agent: "b", now: Samples.instant(1))
        state.remove(agent: "never heard of", now: Samples.instant(1))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        #expect(state.agentList(now: Samples.instant(1)).agents.map(\.agent) == ["a"])
    }

    @Test func `an acknowledgement that overtakes its event counts, with what it removed`() throws {
        var state = ready()
        state.receive(
            Samples.acknowledgement("a", applied: [0: 8], recent: [Samples.result(0, 7, removed: 4)]),
            now: Samples.instant(0))
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 7), now: Samples.instant(0.1))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(1)))
        #expect(status.removed == 4 && status.bytes == 400)
        #expect(status.byAgent?.first?.tookUs == 700)
    }

    @Test func `two agents with one id count as nothing, and are shown`() throws {
        var state = ready()
        for (second, instance) in ["x", "y", "x"].enumerated() {
            state.receive(
                Samples.acknowledgement(
                    "a", instance: instance, sentAt: 1_700_000_000_000 + Int64(second) * 1000, applied: [0: 100]),
                now: Samples.instant(Double(second)))
        }
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 7), now: Samples.instant(3))
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(3)))
        #expect(status.agents == .init(expected: 1, conflicted: 1))
        #expect(state.agentList(now: Samples.instant(3)).agents.map(\.conflicted) == [true])
        for second in 3...6 {
            state.receive(
                Samples.acknowledgement(
                    "a", instance: "x", sentAt: 1_700_000_000_000 + Int64(second) * 1000, applied: [0: 100]),
                now: Samples.instant(Double(second)))
        }
        #expect(state.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `silence is safe only for agents that fence themselves, and only a lease after the purge`() throws {
        var state = ready()
        state.receive(Samples.acknowledgement("fencing", fence: .cutOff), now: Samples.instant(0))
        state.receive(
            try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(1000))
        for second in [1000.0, 1006, 1012] {
            state.letTimePass(to: Samples.instant(second))
            #expect(state.takeConfirmed().isEmpty)
        }
        state.letTimePass(to: Samples.instant(1012.1))
        #expect(state.takeConfirmed() == [try Samples.id(1)])

        state.receive(Samples.acknowledgement("plain", fence: .behind), now: Samples.instant(1013))
        state.receive(
            try Samples.event(2), bytes: 10, at: Position(partition: 0, offset: 1), now: Samples.instant(1014))
        state.letTimePass(to: Samples.instant(5000))
        let status = try #require(state.status(of: try Samples.id(2), now: Samples.instant(5000)))
        #expect(status.agents == .init(expected: 2, effective: 1, safe: 1, missing: 1))
        // The last word of the one that does not fence confirms at once, without waiting for the next tick.
        state.receive(Samples.acknowledgement("plain", applied: [0: 2], fence: .behind), now: Samples.instant(5001))
        #expect(state.takeConfirmed() == [try Samples.id(2)])
    }

    @Test func `an id that is used again names the newer purge`() throws {
        var state = ready()
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(0))
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(0))
        #expect(state.takeConfirmed().count == 1)
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 9), now: Samples.instant(1))
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(1))
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(1)))
        #expect(status.state == .pending && status.offset == 9)
    }

    @Test func `an agent that lost its state takes back what is not confirmed`() throws {
        var state = ready()
        for agent in ["a", "b"] { state.receive(Samples.acknowledgement(agent), now: Samples.instant(0)) }
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [0: 0]), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("b", applied: [0: 1]), now: Samples.instant(0))
        #expect(state.takeConfirmed().isEmpty)
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(0))
        #expect(state.takeConfirmed().count == 1)
    }

    @Test func `history is bounded by purges, by bytes and by details, and forgets finished ones first`() throws {
        var state = ready(.init(purgesMax: 10, bytesMax: 1000, detailsMax: 7))
        state.receive(Samples.acknowledgement("a"), now: Samples.instant(0))
        state.receive(try Samples.event(0), bytes: 10, at: Position(partition: 1, offset: 0), now: Samples.instant(0))
        for offset in 0..<50 {
            state.receive(
                try Samples.event(100 + offset), bytes: 10, at: Position(partition: 0, offset: Int64(offset)),
                now: Samples.instant(0))
            state.receive(
                Samples.acknowledgement(
                    "a", applied: [0: Int64(offset) + 1], recent: [Samples.result(0, Int64(offset), removed: 1)]),
                now: Samples.instant(0))
            #expect(state.memory.purges <= 10)
            #expect(state.memory.details <= 7)
        }
        // The one that is still open outlived forty that are done.
        #expect(state.isOpen(try Samples.id(0)))
        let oldest = try #require(state.status(of: try Samples.id(141), now: Samples.instant(0)))
        #expect(oldest.removed == 1)
        #expect(state.status(of: try Samples.id(110), now: Samples.instant(0)) == nil)
        state.receive(
            try Samples.event(900), bytes: 995, at: Position(partition: 0, offset: 50), now: Samples.instant(0))
        #expect(state.memory.purges == 1 && state.memory.bytes == 995)
        #expect(state.purges.count(in: 1) == 0)
    }

    @Test func `details that were dropped are not added a second time`() throws {
        var state = ready(.init(detailsMax: 1))
        let recent = [Samples.result(0, 0, removed: 5), Samples.result(0, 1, removed: 6)]
        for offset in 0...1 {
            state.receive(
                try Samples.event(offset), bytes: 10, at: Position(partition: 0, offset: Int64(offset)),
                now: Samples.instant(0))
        }
        state.receive(Samples.acknowledgement("a", applied: [0: 2], recent: recent), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [0: 2], recent: recent.reversed()), now: Samples.instant(0))
        #expect(state.status(of: try Samples.id(0), now: Samples.instant(0))?.removed == 5)
        #expect(state.status(of: try Samples.id(1), now: Samples.instant(0))?.removed == 6)
    }

    @Test func `lag counts what the agent does not know of`() throws {
        var state = ready()
        state.receive(Samples.acknowledgement("a", applied: [0: 2]), now: Samples.instant(0))
        for offset in 0..<6 {
            state.receive(
                try Samples.event(offset), bytes: 10, at: Position(partition: 0, offset: Int64(offset)),
                now: Samples.instant(0))
        }
        let agent = try #require(state.lagList(now: Samples.instant(4)).agents.first)
        #expect(agent.lag == 4)
        #expect(agent.oldestUnappliedMs == 4000)
        #expect(agent.partitions.map(\.highWatermark) == [6])
    }

    @Test func `hostile numbers do not trap`() throws {
        var state = ready()
        let hostile = RecentPurge(
            partition: .min, offset: .max, removed: .max, bytes: .max, appliedAt: Timestamp(milliseconds: .max),
            took: .seconds(Int64.max))
        var told = Samples.acknowledgement(
            "a", applied: [.max: .max, .min: .min, 0: -5], ranges: [0: [Int64.min ... .max]],
            recent: [hostile, hostile])
        told.partitions.append(
            PartitionProgress(partition: 0, queued: .max, applied: .min, highWatermark: .max))
        for _ in 0..<2 { state.receive(told, now: Samples.instant(0)) }
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 7), now: Samples.instant(0))
        #expect(state.lagList(now: Samples.instant(0)).agents.first?.lag == .max)
        #expect(state.agentList(now: Samples.instant(0)).agents.count == 1)
        #expect(state.isOpen(try Samples.id(1)))
    }

    @Test func `a drained agent is not waited for until it says otherwise`() throws {
        var state = ready()
        for agent in ["a", "b"] { state.receive(Samples.acknowledgement(agent), now: Samples.instant(0)) }
        var drained = Samples.acknowledgement("b", status: .fenced)
        drained.drained = true
        state.receive(drained, now: Samples.instant(1))
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(2))
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(2.1))
        state.letTimePass(to: Samples.instant(2.2))
        #expect(!state.isOpen(try Samples.id(1)))
        #expect(
            state.status(of: try Samples.id(1), now: Samples.instant(3))?.agents
                == .init(expected: 1, effective: 1, applied: 1))

        state.receive(Samples.acknowledgement("b", status: .fenced), now: Samples.instant(4))
        state.receive(try Samples.event(2), bytes: 10, at: Position(partition: 0, offset: 1), now: Samples.instant(4))
        state.receive(Samples.acknowledgement("a", applied: [0: 2]), now: Samples.instant(4.1))
        state.letTimePass(to: Samples.instant(4.2))
        #expect(state.isOpen(try Samples.id(2)), "it has come back, and has not applied it")
    }

    @Test func `with all agents drained nothing is confirmed`() throws {
        var state = ready()
        var drained = Samples.acknowledgement("a", status: .fenced)
        drained.drained = true
        state.receive(drained, now: Samples.instant(0))
        state.receive(try Samples.event(1), bytes: 10, at: Position(partition: 0, offset: 0), now: Samples.instant(1))
        state.letTimePass(to: Samples.instant(60))
        #expect(state.isOpen(try Samples.id(1)))
    }
}
