import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// What the collector tells of tiers that others fill from; ``CollectorSimulation`` tries it in random worlds.
@Suite struct TierTableTests {
    private static let shield = AgentTier(name: "shield", guardTime: .seconds(60))
    private static let edge = AgentTier(name: "edge", above: "shield", guardTime: .seconds(30), waiting: 1)

    /// Two shields and an edge, and ten messages of one partition.
    private func fleet(
        shields: [Acknowledgement] = ["s1", "s2"].map { Samples.acknowledgement($0, tier: shield) },
        edges: [Acknowledgement] = [Samples.acknowledgement("e1", tier: edge)], messages: Int64 = 10
    ) throws -> CollectorState {
        var state = CollectorState.ready(shields + edges)
        for offset in 0..<messages { try read(offset, at: 1, into: &state) }
        return state
    }

    private func read(_ offset: Int64, at seconds: Double, into state: inout CollectorState) throws {
        _ = state.foundMessage(MessageMark(offset: offset, fingerprint: UInt64(offset) + 100), in: 0)
        state.receive(
            try Samples.event(Int(offset) + 1), bytes: 1, at: PurgePosition(partition: 0, offset: offset),
            now: Samples.instant(seconds))
    }

    private func hear(
        _ agent: String, applied: Int64, ranges: [ClosedRange<Int64>] = [], tier: AgentTier? = shield,
        fence: FenceMode = .start, drained: Bool = false, at seconds: Double = 2, _ state: inout CollectorState
    ) {
        let mark = MessageMark(offset: 9, fingerprint: 109)
        state.receive(
            Samples.acknowledgement(
                agent, sentAt: 1_700_000_000_000 + Int64(seconds * 1000), applied: [0: applied], ranges: [0: ranges],
                fence: fence, drained: drained, marks: [0: mark], tier: tier), now: Samples.instant(seconds))
    }

    /// The one word there is.
    private func word(_ state: inout CollectorState, at seconds: Double = 2) throws -> TierWord {
        let words = state.tierWords(at: Samples.instant(seconds))
        try #require(words.count == 1)
        return words[0]
    }

    @Test func `what is told is what all agents of the tier have applied, with the last message below its end`() throws
    {
        var state = try fleet()
        #expect(try word(&state).partitions == [TierProgress(partition: 0, applied: 0)])
        hear("s1", applied: 5, ranges: [6...8], &state)
        #expect(try word(&state).partitions.first?.applied == 0)
        hear("s2", applied: 4, ranges: [5...5, 7...9], &state)
        let told = try word(&state)
        #expect(
            told.partitions == [
                TierProgress(
                    partition: 0, applied: 4, appliedRanges: [7...8],
                    marks: [8, 7, 5, 1].map { MessageMark(offset: $0, fingerprint: UInt64(100 + $0)) })
            ])
        #expect(told.tier == "shield" && told.members == 2 && told.guardTime == .seconds(60) && told.problem == nil)
        // What an edge has applied itself says nothing.
        hear("e1", applied: 10, tier: Self.edge, &state)
        #expect(try word(&state).partitions == told.partitions)
    }

    @Test func `nothing is told beyond what was read`() throws {
        var state = try fleet(messages: 3)
        for agent in ["s1", "s2"] {
            state.receive(
                Samples.acknowledgement(agent, applied: [0: 10], tier: Self.shield), now: Samples.instant(2))
        }
        #expect(try word(&state).partitions.first?.applied == 3)
    }

    @Test func `where no cache fills from a tier nothing is told, and nothing is due`() throws {
        var state = try fleet(edges: [Samples.acknowledgement("e1")])
        #expect(state.tierWords(at: Samples.instant(2)).isEmpty)
        hear("s1", applied: 5, &state)
        state.advance(to: Samples.instant(3))
        #expect(!state.tiers.isDue)
    }

    @Test func `nothing new is told while it is not known who has to apply a purge`() throws {
        var state = try fleet()
        state.setRoster(["s3": nil], now: Samples.instant(1))
        hear("s1", applied: 10, &state)
        hear("s2", applied: 10, &state)
        #expect(try word(&state).partitions.first?.applied == 0)
        state.setRoster([:], now: Samples.instant(2))
        #expect(try word(&state).partitions.first?.applied == 10)
        try read(10, at: 3, into: &state)
        state.hold("the topic is not compacted", now: Samples.instant(3))
        for agent in ["s1", "s2"] {
            state.receive(
                Samples.acknowledgement(
                    agent, applied: [0: 11], marks: [0: MessageMark(offset: 10, fingerprint: 110)], tier: Self.shield),
                now: Samples.instant(3))
        }
        #expect(try word(&state).partitions.first?.applied == 10)
        state.hold(nil, now: Samples.instant(4))
        #expect(try word(&state).partitions.first?.applied == 11)
    }

    @Test func `nothing is told before the acknowledgements were read`() throws {
        var state = CollectorState()
        for agent in ["s1", "s2"] {
            state.receive(Samples.acknowledgement(agent, tier: Self.shield), now: Samples.instant(0))
        }
        state.receive(Samples.acknowledgement("e1", tier: Self.edge), now: Samples.instant(0))
        #expect(state.tierWords(at: Samples.instant(0)).isEmpty)
    }

    @Test func `a shield that fences itself is not waited for when its silence is safe, and any other is`() throws {
        for fence in [FenceMode.cutOff, .behind] {
            var state = try fleet()
            hear("s1", applied: 10, &state)
            hear("s2", applied: 4, fence: fence, &state)
            _ = try word(&state)
            state.advance(to: Samples.instant(2))
            for second in 3...30 {
                hear("s1", applied: 10, at: Double(second), &state)
                state.letTimePass(to: Samples.instant(Double(second)))
                let isSafe = fence == .cutOff && second > 14
                #expect(try word(&state, at: Double(second)).partitions.first?.applied == (isSafe ? 10 : 4))
            }
            // What comes while it is silent has to wait for its lease as well.
            try read(10, at: 30, into: &state)
            #expect(try word(&state, at: 30).partitions.first.map { !$0.hasApplied(10) } == true)
        }
    }

    @Test func `drained shields are not waited for, even if all are`() throws {
        var state = try fleet()
        _ = try word(&state)
        for agent in ["s1", "s2"] { hear(agent, applied: 4, drained: true, &state) }
        state.letTimePass(to: Samples.instant(3))
        state.letTimePass(to: Samples.instant(4))
        let told = try word(&state, at: 4)
        #expect(told.partitions.first?.applied == 10 && told.members == 0 && told.problem == nil)
    }

    @Test func `what was told stays when an agent joins that has applied less`() throws {
        var state = try fleet()
        for agent in ["s1", "s2"] { hear(agent, applied: 6, &state) }
        #expect(try word(&state).partitions.first?.applied == 6)
        hear("s3", applied: 2, &state)
        for agent in ["s1", "s2"] { hear(agent, applied: 10, &state) }
        let told = try word(&state)
        #expect(told.partitions.first?.applied == 6 && told.members == 3)
        state.remove(agent: "s3", now: Samples.instant(3))
        #expect(try word(&state).partitions.first?.applied == 10)
    }

    @Test func `a topic that was made anew begins again`() throws {
        var state = try fleet()
        for agent in ["s1", "s2"] { hear(agent, applied: 10, &state) }
        #expect(try word(&state).partitions.first?.applied == 10)
        state.startedOver(partition: 0, end: 1)
        #expect(try word(&state).partitions == [TierProgress(partition: 0, applied: 0)])
        state.hold("no", now: Samples.instant(2))
        #expect(try word(&state).partitions == [TierProgress(partition: 0, applied: 0)])
    }

    @Test func `nobody waits for a tier that nobody is in, and it says so`() throws {
        var state = try fleet(shields: [])
        let told = try word(&state)
        #expect(told.partitions.first?.applied == 10 && told.members == 0)
        #expect(told.problem?.contains("no agent is in tier \"shield\"") == true)
        let agents = state.agentList(now: Samples.instant(2)).agents
        #expect(agents.first?.problem == told.problem)
        #expect(agents.first?.tier == "edge" && agents.first?.tierAbove == "shield" && agents.first?.waiting == 1)
        let tiers = state.fleet(now: Samples.instant(2)).tiers
        #expect(tiers.map(\.name) == ["edge", "shield"] && tiers.map(\.members) == [1, 0])
        #expect(tiers.map { $0.source?.hasProblem } == [nil, true])
        // Its first agent is waited for.
        hear("s1", applied: 2, &state)
        try read(10, at: 3, into: &state)
        #expect(try word(&state).problem == nil)
        #expect(try word(&state).partitions.first?.applied == 10)
    }

    @Test(arguments: [["a": "a"], ["a": "b", "b": "a"], ["a": "b", "b": "c", "c": "a"]])
    func `nobody waits for tiers that fill from themselves`(above: [String: String]) throws {
        var tiers = above
        // Fills from the ring, and is not in it.
        tiers["z"] = "a"
        var state = try fleet(
            shields: [],
            edges: tiers.map { name, above in
                Samples.acknowledgement("agent-\(name)", tier: AgentTier(name: name, above: above))
            })
        let words = state.tierWords(at: Samples.instant(2))
        #expect(words.map(\.tier) == above.values.sorted())
        for word in words {
            #expect(word.problem?.contains("\"\(word.tier)\" fills from itself") == true)
            #expect(word.partitions.first?.applied == 10)
        }
    }

    @Test func `a tier whose agents name several tiers above is told of, and all of these count`() throws {
        let core = AgentTier(name: "edge", above: "core")
        var state = try fleet(edges: [
            Samples.acknowledgement("e1", tier: Self.edge), Samples.acknowledgement("e2", tier: core),
        ])
        #expect(state.tierWords(at: Samples.instant(2)).map(\.tier) == ["core", "shield"])
        let problems = state.agentList(now: Samples.instant(2)).agents.prefix(2).map(\.problem)
        #expect(
            problems.allSatisfy { $0?.contains("name 2 tiers above (\"core\", \"shield\")") == true }, "\(problems)")
    }

    @Test func `a purge says which agents wait for the tier above`() throws {
        var state = try fleet()
        hear("s1", applied: 10, &state)
        hear("s2", applied: 4, &state)
        _ = try word(&state)
        let waiting = { (state: CollectorState, number: Int) throws -> [String?] in
            let status = try #require(state.status(of: Samples.id(number), now: Samples.instant(2)))
            return (status.byAgent ?? []).map(\.waitsForTier)
        }
        #expect(try waiting(state, 5) == ["shield", nil, nil])
        #expect(try waiting(state, 4) == [nil, nil, nil])
        #expect(state.fleet(now: Samples.instant(2)).tiers.last?.source?.lag == 6)
    }

    @Test func `more tiers than a site has are not told of without end`() throws {
        let edges = (0...TierLayout.sourcesMax).map { number in
            Samples.acknowledgement("e\(number)", tier: AgentTier(name: "edge", above: "machine-\(number)"))
        }
        var state = try fleet(edges: edges)
        #expect(state.tierWords(at: Samples.instant(2)).count == TierLayout.sourcesMax)
    }
}
