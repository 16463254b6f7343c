import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// Who is waited for: rosters, agents that have left, and words that have not reached us.
struct ExpectedAgentTests {
    private typealias Position = PurgePosition

    private func ready(_ agents: [String] = []) -> CollectorState {
        var state = CollectorState()
        state.purgesCaughtUp()
        for agent in agents { state.receive(Samples.acknowledgement(agent), now: Samples.instant(0)) }
        state.acknowledgementsCaughtUp(at: Samples.instant(0))
        return state
    }

    @Test func `an agent of the roster that never spoke is missing, and holds back`() throws {
        var state = ready(["a"])
        state.setRoster(["a": nil, "b": "fra"], now: Samples.instant(0))
        state.receive(try Samples.event(1), bytes: 1, at: Position(partition: 0, offset: 0), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(1))
        state.letTimePass(to: Samples.instant(100))
        #expect(state.takeConfirmed().isEmpty)
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(100)))
        #expect(status.agents == .init(expected: 2, effective: 1, applied: 1, missing: 1))
        #expect(status.byAgent?.last?.region == "fra")
        let list = state.agentList(now: Samples.instant(100)).agents
        #expect(list.map(\.status) == ["live", "unheard"] && list.map(\.region) == [nil, "fra"])

        state.receive(Samples.acknowledgement("b", applied: [0: 1]), now: Samples.instant(101))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        #expect(state.agentList(now: Samples.instant(101)).agents.map(\.status) == ["live", "live"])
    }

    @Test func `an agent that is taken out of the roster before it spoke is not waited for`() throws {
        var state = ready(["a"])
        state.setRoster(["b": nil], now: Samples.instant(0))
        state.receive(try Samples.event(1), bytes: 1, at: Position(partition: 0, offset: 0), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(1))
        #expect(state.takeConfirmed().isEmpty)
        state.setRoster([:], now: Samples.instant(2))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `an agent of the roster that was retired is expected to speak again`() throws {
        var state = ready(["a", "b"])
        state.setRoster(["b": nil], now: Samples.instant(0))
        for agent in ["a", "b"] {
            state.receive(Samples.acknowledgement(agent, applied: [0: 1]), now: Samples.instant(0))
        }
        state.remove(agent: "b", now: Samples.instant(1))
        state.receive(try Samples.event(1), bytes: 1, at: Position(partition: 0, offset: 0), now: Samples.instant(2))
        #expect(state.takeConfirmed().isEmpty)
        state.receive(Samples.acknowledgement("b", applied: [0: 1]), now: Samples.instant(3))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `an agent that never had the partition holds back`() throws {
        var state = ready()
        state.receive(Samples.acknowledgement("old", applied: [0: 5]), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("new", applied: [0: 5, 7: 1]), now: Samples.instant(0))
        state.receive(try Samples.event(1), bytes: 1, at: Position(partition: 7, offset: 0), now: Samples.instant(0))
        #expect(state.takeConfirmed().isEmpty)
        state.receive(Samples.acknowledgement("old", applied: [0: 5, 7: 1]), now: Samples.instant(1))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `silence counts only as far as our own reading is known to have got`() throws {
        var state = ready()
        state.receive(Samples.acknowledgement("a", applied: [0: 0], fence: .cutOff), now: Samples.instant(0))
        state.receive(try Samples.event(1), bytes: 1, at: Position(partition: 0, offset: 0), now: Samples.instant(0))
        // An hour without a word, but also without any proof that there is none.
        state.advance(to: Samples.instant(3600))
        #expect(state.partitionsToProve == [0])
        state.provedRead(acksPartition: 0, to: Samples.instant(12).monotonic)
        state.advance(to: Samples.instant(3600))
        #expect(state.takeConfirmed().isEmpty)
        // Another partition says nothing about this one.
        state.provedRead(acksPartition: 1, to: Samples.instant(3600).monotonic)
        state.advance(to: Samples.instant(3600))
        #expect(state.takeConfirmed().isEmpty)
        #expect(state.status(of: try Samples.id(1), now: Samples.instant(3600))?.agents.pending == 1)
        state.provedRead(acksPartition: 0, to: Samples.instant(12.1).monotonic)
        state.advance(to: Samples.instant(3600))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `a drained agent has left only for purges that we knew before we knew its words`() throws {
        var state = ready(["a"])
        var word = Samples.acknowledgement("b", status: .fenced)
        word.drained = true
        state.receive(word, now: Samples.instant(1))
        state.provedRead(acksPartition: 0, to: Samples.instant(2).monotonic)
        state.receive(try Samples.event(1), bytes: 1, at: Position(partition: 0, offset: 0), now: Samples.instant(3))
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(3))
        state.advance(to: Samples.instant(4))
        #expect(state.takeConfirmed().isEmpty)
        state.provedRead(acksPartition: 0, to: Samples.instant(3).monotonic)
        state.advance(to: Samples.instant(4))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        #expect(state.agentList(now: Samples.instant(4)).agents.last?.drained == true)
    }

    @Test func `what was told before the members were known is counted in one go, as one by one`() throws {
        let seed: UInt64 = 91
        var generator = SeededGenerator(seed: seed)
        for round in 0..<50 {
            var late = CollectorState()
            var early = CollectorState()
            early.acknowledgementsCaughtUp(at: Samples.instant(0))
            for number in 0..<30 {
                let position = Position(
                    partition: Int32.random(in: 0...1, using: &generator), offset: Int64(number))
                let event = try Samples.event(number)
                for agent in ["x", "y", "z"] where generator.once(in: 4) {
                    let first = Int64.random(in: 0...40, using: &generator)
                    let word = Samples.acknowledgement(
                        agent, applied: [0: .random(in: 0...30, using: &generator), 1: 3],
                        ranges: [0: [first...first + 3]])
                    early.receive(word, now: Samples.instant(0))
                    late.receive(word, now: Samples.instant(0))
                }
                early.receive(event, bytes: 1, at: position, now: Samples.instant(0))
                late.receive(event, bytes: 1, at: position, now: Samples.instant(0))
            }
            // The topic goes on, or what is told beyond its end is not believed.
            for partition: Int32 in 0...1 {
                early.reachedEnd(of: partition, at: 100, now: Samples.instant(0))
                late.reachedEnd(of: partition, at: 100, now: Samples.instant(0))
            }
            late.acknowledgementsCaughtUp(at: Samples.instant(0))
            for number in 0..<30 where early.isOpen(try Samples.id(number)) {
                let id = try Samples.id(number)
                #expect(late.record(of: id)?.outstanding == early.record(of: id)?.outstanding, "seed \(seed) \(round)")
            }
        }
    }

    @Test func `a roster is a name a line, with a region where wanted`() throws {
        let roster = try RosterFile.parse("# all\nedge-1\n edge-2\tfra # new\n\n", path: "r")
        #expect(roster == ["edge-1": nil, "edge-2": "fra"])
        for (text, reason) in [("a b c", "line 1"), ("a\na", "'a' again")] {
            let error = #expect(throws: RosterError.self) { try RosterFile.parse(text, path: "r") }
            #expect(error?.message.contains(reason) == true)
        }
        let error = #expect(throws: RosterError.self) { try RosterFile.read(path: "/nowhere/roster") }
        let reason = "cannot open \"/nowhere/roster\": No such file or directory (errno 2)"
        #expect(error?.message == "the roster cannot be read: \(reason); agents.roster names the file")
    }
}
