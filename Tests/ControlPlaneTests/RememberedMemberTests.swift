import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// docs/guarantees.md, how each fault is tried: `purge.acks` made anew.
///
/// Members outlive the topic.
@Suite struct RememberedMemberTests {
    private func word(
        _ agent: String, applied: Int64 = 0, instance: String = "i1", machine: String? = nil,
        fence: FenceMode = .start, drained: Bool = false
    ) -> Acknowledgement {
        Samples.acknowledgement(
            agent, instance: instance, machine: machine, applied: [0: applied], fence: fence, drained: drained)
    }

    /// A new process with what the last one stored, which has read all that is in `purge.acks`.
    private func restart(
        _ history: HistoryModel, reading words: [Acknowledgement] = [], tombstones: [String] = []
    ) -> CollectorState {
        var state = CollectorState(settings: .init(keepsHistory: true))
        state.restore(history.restored, now: Samples.instant(100))
        state.purgesCaughtUp()
        for name in tombstones { state.remove(agent: name, now: Samples.instant(100)) }
        for word in words { state.receive(word, now: Samples.instant(100)) }
        state.acknowledgementsCaughtUp(at: Samples.instant(100))
        return state
    }

    /// `purge.acks` was deleted and made anew while the control plane restarted, and one agent was silent: a purge was
    /// confirmed without it.
    @Test(arguments: [nil, Samples.machine(1)])
    func `an agent that has not spoken since the topic was made anew is waited for`(machine: String?) throws {
        var history = HistoryModel()
        var state = CollectorState.ready([word("silent", machine: machine), word("b")])
        history.take(state.takeChanges())
        var fresh = restart(history, reading: [word("b")])
        try fresh.addPurge(at: 101)
        fresh.receive(word("b", applied: 1), now: Samples.instant(102))
        #expect(fresh.takeConfirmed().isEmpty)
        let status = try #require(fresh.status(of: try Samples.id(1), now: Samples.instant(130)))
        #expect(status.agents == AgentCounts(expected: 2, effective: 1, applied: 1, missing: 1))
        let agents = fresh.agentList(now: Samples.instant(130)).agents
        #expect(agents.map(\.agent) == ["b", "silent"])
        #expect(agents.last?.problem?.contains("retire it if it is gone") == true)
        #expect(fresh.fleet(now: Samples.instant(130)).agents.map(\.state) == ["missing", "missing"])
        fresh.receive(word("silent", applied: 1, machine: machine), now: Samples.instant(140))
        #expect(fresh.takeConfirmed() == [try Samples.id(1)])
        #expect(fresh.agentList(now: Samples.instant(140)).agents.map(\.problem) == [nil, nil])
    }

    /// The topic of acknowledgements keeps one word of a name, and that was of the machine that does not have it: what
    /// the other one had told was shown as its own.
    @Test func `after a restart two machines with one name are told apart by what they removed`() throws {
        var history = HistoryModel()
        func told(_ machine: Int, removed: Int) -> Acknowledgement {
            Samples.acknowledgement(
                "a", instance: "i\(machine)", machine: Samples.machine(machine), applied: [0: 1],
                recent: [Samples.result(0, 0, removed: removed)])
        }
        var state = CollectorState.ready((1...2).map { word("a", instance: "i\($0)", machine: Samples.machine($0)) })
        try state.addPurge(at: 1)
        for machine in 1...2 { state.receive(told(machine, removed: machine * 10), now: Samples.instant(2)) }
        history.take(state.takeChanges())
        let fresh = restart(history, reading: [told(2, removed: 20)])
        let status = try #require(fresh.status(of: try Samples.id(1), now: Samples.instant(100)))
        #expect(status.removed == 30)
        #expect(status.byAgent?.map(\.removed) == [10, 20])
    }

    @Test func `nothing is concluded from the silence of such an agent, nor from its having been drained`() throws {
        var history = HistoryModel()
        var state = CollectorState.ready([word("fencing", fence: .cutOff), word("drained", drained: true), word("b")])
        history.take(state.takeChanges())
        var fresh = restart(history, reading: [word("b")])
        try fresh.addPurge(at: 101)
        fresh.receive(word("b", applied: 1), now: Samples.instant(102))
        for seconds in 102..<200 { fresh.letTimePass(to: Samples.instant(Double(seconds))) }
        #expect(fresh.takeConfirmed().isEmpty, "each may have said otherwise in the earlier topic")
        fresh.receive(word("drained", drained: true), now: Samples.instant(200))
        fresh.receive(word("fencing", fence: .cutOff), now: Samples.instant(200))
        for seconds in 200..<220 { fresh.letTimePass(to: Samples.instant(Double(seconds))) }
        #expect(fresh.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `who was retired is not remembered, whoever retired it`() throws {
        var history = HistoryModel()
        var state = CollectorState.ready([word("a"), word("b"), word("c")])
        history.take(state.takeChanges())
        state.remove(agent: "a", now: Samples.instant(1))
        history.take(state.takeChanges())
        // Another control plane has retired b since, after the topic was made anew.
        var fresh = restart(history, tombstones: ["b"])
        #expect(fresh.agentList(now: Samples.instant(101)).agents.map(\.agent) == ["c"])
        history.take(fresh.takeChanges())
        #expect(restart(history).agentList(now: Samples.instant(101)).agents.map(\.agent) == ["c"])
        // And one that is remembered only can be retired too.
        #expect(try fresh.retirement(of: "c", now: Samples.instant(110)).agent == "c")
        fresh.remove(agent: "c", now: Samples.instant(110))
        history.take(fresh.takeChanges())
        #expect(restart(history).agentList(now: Samples.instant(101)).agents.isEmpty)
    }

    @Test func `an agent that begins again under its name is still the one that is remembered`() throws {
        var history = HistoryModel()
        var state = CollectorState.ready([word("a", instance: "i1")])
        state.receive(word("a", instance: "i2"), now: Samples.instant(5))
        history.take(state.takeChanges())
        var fresh = restart(history)
        try fresh.addPurge(at: 101)
        fresh.receive(word("a", applied: 1, instance: "i2"), now: Samples.instant(102))
        #expect(fresh.takeConfirmed() == [try Samples.id(1)], "the same process goes on")
        fresh.receive(word("a", applied: 1, instance: "i3"), now: Samples.instant(103))
        #expect(fresh.agents.map(\.tracker.standing) == [.takingOver])
    }

    @Test func `what an earlier version has stored of a name is enough`() throws {
        var fresh = CollectorState()
        let claims = ["a": NameClaim(machine: Samples.machine(1))]
        fresh.restore(RestoredHistory(claims: claims), now: Samples.instant(0))
        fresh.purgesCaughtUp()
        fresh.receive(word("b", applied: 1), now: Samples.instant(0))
        fresh.acknowledgementsCaughtUp(at: Samples.instant(0))
        try fresh.addPurge(at: 1)
        #expect(fresh.takeConfirmed().isEmpty)
        #expect(fresh.agentList(now: Samples.instant(1)).agents.map(\.agent) == ["a", "b"])
    }
}
