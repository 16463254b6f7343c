import PrometheusText
import PurgeModel
import Testing

@testable import ControlPlane

struct FleetSummaryTests {
    private func state(_ acknowledgements: [Acknowledgement]) -> CollectorState {
        var state = CollectorState()
        for acknowledgement in acknowledgements { state.receive(acknowledgement, now: Samples.instant(0)) }
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: Samples.instant(0))
        return state
    }

    @Test func `every agent is in exactly one state`() throws {
        var state = state([
            Samples.acknowledgement("a"), Samples.acknowledgement("b", status: .starting), Samples.acknowledgement("c"),
        ])
        state.receive(Samples.acknowledgement("a"), now: Samples.instant(30))
        state.receive(Samples.acknowledgement("b", status: .starting), now: Samples.instant(30))
        let fleet = state.fleet(now: Samples.instant(30))
        #expect(fleet.agents.map(\.state) == ["live", "starting", "missing"])
        #expect(fleet.agents.map(\.silence) == [.zero, .zero, .seconds(30)])
        #expect(Set(fleet.agents.map(\.state)).isSubset(of: FleetSummary.states))
    }

    @Test func `one of the roster that never spoke is missing, one that was drained is not`() {
        var state = state([Samples.acknowledgement("a")])
        state.setRoster(["a": nil, "b": nil], now: Samples.instant(1))
        var drained = Samples.acknowledgement("c", status: .fenced)
        drained.drained = true
        state.receive(drained, now: Samples.instant(1))
        let fleet = state.fleet(now: Samples.instant(3))
        #expect(fleet.agents.map(\.state) == ["live", "unheard", "drained"])
        #expect(fleet.agents.map(\.isMissing) == [false, true, false])
        #expect(fleet.agents[1].silence == nil)
        #expect(state.fleet(now: Samples.instant(3000)).agents[2].isMissing == false)
    }

    @Test func `an agent that is silent for its lease is not missing yet`() {
        let state = state([Samples.acknowledgement("a")])
        #expect(state.fleet(now: Samples.instant(10)).agents.map(\.isMissing) == [false])
        #expect(state.fleet(now: Samples.instant(10.001)).agents.map(\.isMissing) == [true])
    }

    @Test func `the age of the oldest is zero while nothing waits, however long it is quiet`() throws {
        var state = state([Samples.acknowledgement("a")])
        #expect(state.fleet(now: Samples.instant(5)).oldestOpen == .zero)
        state.receive(
            try Samples.event(1), bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: Samples.instant(1))
        let waiting = state.fleet(now: Samples.instant(4))
        #expect(waiting.oldestOpen == .seconds(4))
        #expect(waiting.agents.map(\.oldestUnapplied) == [.seconds(4)])
        #expect(waiting.agents.map(\.lag) == [1])
        #expect(waiting.openPurges == 1)
        state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: Samples.instant(5))
        let idle = state.fleet(now: Samples.instant(86_400))
        #expect(idle.oldestOpen == .zero)
        #expect(idle.agents.map(\.oldestUnapplied) == [.zero])
        #expect(idle.agents.map(\.lag) == [0])
        #expect(idle.knownPurges == 1)
    }

    @Test func `an agent that comes back under another instance does not look as if everything waited`() throws {
        var state = state([Samples.acknowledgement("a", applied: [0: 1])])
        state.receive(
            try Samples.event(1), bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: Samples.instant(1))
        state.receive(Samples.acknowledgement("a", instance: "i2", applied: [0: 1]), now: Samples.instant(5000))
        let fleet = state.fleet(now: Samples.instant(5000))
        #expect(fleet.agents.map(\.oldestUnapplied) == [.zero])
        #expect(fleet.agents.map(\.lag) == [0])
    }

    @Test func `one agent that is behind is told, and the others are idle`() throws {
        var state = state([Samples.acknowledgement("a"), Samples.acknowledgement("b")])
        state.receive(
            try Samples.event(1), bytes: 1, at: PurgePosition(partition: 3, offset: 7), now: Samples.instant(0))
        state.receive(Samples.acknowledgement("a", applied: [3: 8]), now: Samples.instant(1))
        let fleet = state.fleet(now: Samples.instant(9))
        #expect(fleet.agents.map(\.oldestUnapplied) == [.zero, .seconds(9)])
        #expect(fleet.agents.map(\.lag) == [0, 8])
    }

    @Test func `with too many agents those to look at come first, and none is counted twice`() {
        let agents = (0..<50).map { number in
            FleetSummary.Agent(
                name: "a\(number + 10)", state: number % 10 == 7 ? "missing" : "live", lag: 0, oldestUnapplied: .zero,
                unmatched: 0, silence: .zero)
        }
        let fleet = FleetSummary(agents: agents, openPurges: 0, oldestOpen: .zero, knownPurges: 0)
        let shown = fleet.shown(limit: 7).map(\.name)
        #expect(shown == ["a10", "a11", "a17", "a27", "a37", "a47", "a57"])
        #expect(fleet.shown(limit: 0).isEmpty)
        #expect(fleet.shown(limit: 50).count == 50)
    }
}
