import HTTPTypes
import HummingbirdTesting
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// docs/guarantees.md, how each fault is tried: another machine with the same name.
@Suite(.timeLimit(.minutes(1))) struct MachineTests {
    private static let first = Samples.machine(1)
    private static let second = Samples.machine(2)
    private static let third = Samples.machine(3)

    private func word(
        _ machine: String?, applied: Int64 = 0, instance: String = "i", fence: FenceMode = .start,
        status: AgentStatus = .live, drained: Bool = false, at seconds: Double = 0
    ) -> Acknowledgement {
        Samples.acknowledgement(
            "edge", instance: "\(instance)/\(machine ?? "")", machine: machine,
            sentAt: Samples.instant(seconds).wall.milliseconds, applied: [0: applied], fence: fence, status: status,
            drained: drained)
    }

    /// What the second machine says after the first was cut off with a purge that it has not applied.
    private func takeOver(_ state: inout CollectorState, first: String?, second: String?) throws {
        try state.addPurge(at: 1)
        for seconds in 2..<20 {
            let now = Samples.instant(Double(seconds))
            state.receive(word(second, applied: 1, instance: "j", at: Double(seconds)), now: now)
            state.letTimePass(to: now)
        }
    }

    /// A second machine with the same agent.id was started while the first one was cut off: after three seconds the
    /// first one's pending purges were confirmed.
    @Test func `another machine with the same name confirms nothing for the first`() throws {
        // As agents of version 0.1.0 tell it: it looks like a restart.
        var before = CollectorState.ready([word(nil)])
        try takeOver(&before, first: nil, second: nil)
        #expect(before.takeConfirmed() == [try Samples.id(1)])

        var state = CollectorState.ready([word(Self.first)])
        try takeOver(&state, first: Self.first, second: Self.second)
        #expect(state.takeConfirmed().isEmpty)
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(20)))
        #expect(status.agents == AgentCounts(expected: 2, effective: 1, applied: 1, missing: 1))
        let member = "edge@\(Self.second)"
        #expect(status.byAgent?.map(\.agent) == ["edge", member])
        let agents = state.agentList(now: Samples.instant(20)).agents
        #expect(agents.map(\.machine) == [Self.first, Self.second])
        #expect(agents.map(\.otherMachineOf) == [nil, "edge"])
        #expect(agents.map(\.conflicted) == [false, true])
        #expect(state.fleet(now: Samples.instant(20)).agents.map(\.state) == ["missing", "conflicted"])
        // The first one comes back, and applies it.
        state.receive(word(Self.first, applied: 1, at: 21), now: Samples.instant(21))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `a cut_off machine that is silent is safe, and the other one is waited for all the same`() throws {
        var state = CollectorState.ready([word(Self.first, fence: .cutOff)])
        try state.addPurge(at: 1)
        state.receive(word(Self.second), now: Samples.instant(2))
        for seconds in 3..<40 { state.letTimePass(to: Samples.instant(Double(seconds))) }
        #expect(state.takeConfirmed().isEmpty)
        state.receive(word(Self.second, applied: 1), now: Samples.instant(40))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `an operator lets the new machine take the place of the old one`() throws {
        var state = CollectorState.ready([word(Self.first)])
        try takeOver(&state, first: Self.first, second: Self.second)
        let now = Samples.instant(20)
        let replacement = try state.replacement(of: "edge", now: now)
        #expect(replacement.agent == "edge" && replacement.holder?.machine == Self.second)
        state.settle(on: try #require(replacement.holder), now: now)
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        let agents = state.agentList(now: now).agents
        #expect(agents.map(\.agent) == ["edge"] && agents.map(\.machine) == [Self.second])
        #expect(agents.map(\.conflicted) == [false])
        // The old one comes back: now it is the other machine.
        state.receive(word(Self.first), now: Samples.instant(21))
        let both = state.agentList(now: Samples.instant(21)).agents
        #expect(both.map(\.agent) == ["edge", "edge@\(Self.first)"])
        state.settle(on: word(Self.second, applied: 1), now: Samples.instant(22))
        #expect(state.agentList(now: Samples.instant(22)).agents.map(\.machine) == [Self.second])
    }

    @Test func `a machine that has the name by mistake is retired, and the name stays`() throws {
        var state = CollectorState.ready([word(Self.first)])
        state.receive(word(Self.second), now: Samples.instant(2))
        try state.addPurge(at: 2)
        state.receive(word(Self.first, applied: 1), now: Samples.instant(3))
        let member = "edge@\(Self.second)"
        #expect(throws: RetirementRefusal.isRunning(mustBeSilentFor: .seconds(5))) {
            try state.retirement(of: member, now: Samples.instant(6))
        }
        let retirement = try state.retirement(of: member, now: Samples.instant(7))
        #expect(retirement.agent == "edge" && retirement.holder?.machine == Self.first)
        #expect(state.takeConfirmed().isEmpty)
        state.settle(on: try #require(retirement.holder), now: Samples.instant(7))
        #expect(state.agentList(now: Samples.instant(7)).agents.map(\.agent) == ["edge"])
        #expect(state.status(of: try Samples.id(1), now: Samples.instant(7))?.state == .confirmed)
    }

    @Test func `who has a name is said only where there is no doubt`() throws {
        var state = CollectorState.ready([word(Self.first)])
        func refusal(
            _ seconds: Double, _ ask: (CollectorState, CollectorInstant) throws -> Retirement
        ) -> RetirementRefusal? {
            do {
                _ = try ask(state, Samples.instant(seconds))
                return nil
            } catch { return error as? RetirementRefusal }
        }
        let replace = { (state: CollectorState, now: CollectorInstant) in try state.replacement(of: "edge", now: now) }
        let retire = { (state: CollectorState, now: CollectorInstant) in try state.retirement(of: "edge", now: now) }
        #expect(refusal(9, replace) == .noOtherMachine)
        #expect(refusal(9) { try $0.replacement(of: "nobody", now: $1) } == .unknown)
        #expect(refusal(9, retire) == nil)
        state.receive(word(Self.second), now: Samples.instant(8))
        #expect(refusal(9) { try $0.replacement(of: "edge@\(Self.second)", now: $1) } == .unknown)
        #expect(refusal(9, retire) == .hasOtherMachines(newest: "edge@\(Self.second)"))
        #expect(refusal(9, replace) == nil)
        state.receive(word(Self.first), now: Samples.instant(8.5))
        #expect(refusal(9, replace) == .isRunning(mustBeSilentFor: .seconds(5)))
        state.receive(word(Self.third), now: Samples.instant(13))
        state.receive(word(Self.second), now: Samples.instant(13))
        #expect(refusal(14, replace) == .severalMachines(2))
        state.receive(word(Self.third), now: Samples.instant(18))
        #expect(try state.replacement(of: "edge", now: Samples.instant(19)).holder?.machine == Self.third)
    }

    @Test func `the roster names a name, whichever machine has it`() throws {
        var state = CollectorState.ready([word(Self.first)])
        state.setRoster(["edge": "fra"], now: Samples.instant(0))
        try takeOver(&state, first: Self.first, second: Self.second)
        state.settle(on: word(Self.second, applied: 1), now: Samples.instant(20))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        let agents = state.agentList(now: Samples.instant(20)).agents
        #expect(agents.map(\.agent) == ["edge"] && agents.map(\.region) == ["fra"])
        state.remove(agent: "edge", now: Samples.instant(21))
        #expect(state.agentList(now: Samples.instant(21)).agents.map(\.status) == [AgentList.unheard])
    }

    @Test func `an agent that begins to say who it is has its name`() throws {
        var state = CollectorState.ready([word(nil)])
        try state.addPurge(at: 1)
        state.receive(word(nil, status: .draining), now: Samples.instant(2))
        state.receive(word(Self.first, applied: 1, instance: "j"), now: Samples.instant(3))
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        #expect(state.agentList(now: Samples.instant(3)).agents.map(\.machine) == [Self.first])
        state.receive(word(Self.second, applied: 1), now: Samples.instant(4))
        #expect(state.agentList(now: Samples.instant(4)).agents.count == 2)
    }

    @Test func `a machine that forgets who it is all the time does not grow the list for ever`() {
        var state = CollectorState.ready([])
        for number in 1...100 { state.receive(word(Samples.machine(number)), now: Samples.instant(Double(number))) }
        #expect(state.agentList(now: Samples.instant(101)).agents.count == NameHolders.othersMax + 1)
        state.remove(agent: "edge", now: Samples.instant(101))
        #expect(state.agentList(now: Samples.instant(101)).agents.isEmpty)
    }

    // MARK: Restarts

    @Test func `a restart knows the machine whose word was overwritten, and how far it was`() throws {
        var history = HistoryModel()
        var state = CollectorState.ready([word(Self.first, fence: .cutOff)])
        state.receive(word(Self.second), now: Samples.instant(0))
        try state.addPurge(at: 1)
        state.receive(
            try Samples.event(2), bytes: 1, at: PurgePosition(partition: 0, offset: 1), now: Samples.instant(1))
        state.receive(word(Self.first, applied: 1, fence: .cutOff), now: Samples.instant(2))
        history.take(state.takeChanges())

        var fresh = CollectorState(settings: state.settings)
        fresh.restore(history.restored, now: Samples.instant(3))
        fresh.purgesCaughtUp()
        // All that compaction has left.
        fresh.receive(word(Self.second, applied: 2), now: Samples.instant(3))
        fresh.acknowledgementsCaughtUp(at: Samples.instant(3))
        #expect(fresh.takeConfirmed() == [try Samples.id(1)])
        // Whether it has fenced itself is not known any more.
        for seconds in 4..<60 { fresh.letTimePass(to: Samples.instant(Double(seconds))) }
        #expect(fresh.takeConfirmed().isEmpty)
        let agents = fresh.agentList(now: Samples.instant(60)).agents
        #expect(agents.map(\.agent) == ["edge", "edge@\(Self.second)"])
        #expect(agents.map(\.machine) == [Self.first, Self.second])
    }

    @Test func `a restart knows whose a name is, also where nothing else was kept`() throws {
        var history = HistoryModel()
        var state = CollectorState.ready([word(Self.first, applied: 1)])
        history.take(state.takeChanges())
        state.receive(word(Self.second), now: Samples.instant(2))
        var fresh = CollectorState(settings: state.settings)
        fresh.restore(history.restored, now: Samples.instant(3))
        fresh.receive(word(Self.second, applied: 2), now: Samples.instant(3))
        fresh.acknowledgementsCaughtUp(at: Samples.instant(3))
        fresh.purgesCaughtUp()
        try fresh.addPurge(at: 4)
        #expect(fresh.takeConfirmed().isEmpty)
        #expect(fresh.agentList(now: Samples.instant(5)).agents.map(\.machine) == [Self.first, Self.second])
    }

    @Test func `what an operator said while the control plane was away holds`() {
        var history = HistoryModel()
        var state = CollectorState.ready([word(Self.first)])
        state.receive(word(Self.second), now: Samples.instant(2))
        history.take(state.takeChanges())
        for settles in [true, false] {
            var fresh = CollectorState(settings: state.settings)
            fresh.restore(history.restored, now: Samples.instant(3))
            if settles {
                fresh.settle(on: word(Self.second), now: Samples.instant(3))
            } else {
                fresh.remove(agent: "edge", now: Samples.instant(3))
            }
            fresh.receive(word(Self.second), now: Samples.instant(3))
            fresh.acknowledgementsCaughtUp(at: Samples.instant(3))
            let agents = fresh.agentList(now: Samples.instant(4)).agents
            #expect(agents.map(\.agent) == ["edge"] && agents.map(\.machine) == [Self.second], "\(settles)")
            // And it is written down, so that the next start has it.
            let changes = fresh.takeChanges()
            #expect(changes.claims["edge"] == NameClaim(machine: Self.second, words: [word(Self.second)]))
        }
    }

    @Test func `whose a name is is kept on the disk`() async throws {
        let directory = try TemporaryDirectory()
        let claims = [
            "edge": NameClaim(machine: Self.first, words: [word(Self.first, applied: 3), word(Self.second)]),
            "é ": NameClaim(machine: Self.third), "old": NameClaim(machine: nil, words: [word(nil)]),
        ]
        let limits = HistoryLimits(window: .seconds(100), purgesMax: 10, bytesMax: 1000)
        let changes = { (claims: [String: NameClaim?]) in
            HistoryChanges(purges: [], minutes: [:], readTo: [:], marks: [:], claims: claims)
        }
        for round in 0..<2 {
            let store = try ControlStore.open(directory: directory.path, logger: Self.silent)
            let tables = try HistoryTables(store, limits: limits)
            if round == 0 {
                try tables.write(changes(claims.merging(["gone": NameClaim(machine: Self.first)]) { $1 }))
                try tables.write(changes(["gone": nil]))
            }
            #expect(try tables.restore(purgesMax: 1, bytesMax: 1, resultsMax: 1).claims == claims)
            try await store.close()
        }
    }

    @Test func `a damaged entry of it is damage, and no trap`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let value = HistoryValues.claim(NameClaim(machine: Self.first, words: [word(Self.first), word(Self.second)]))
        for round in 0..<2000 {
            var bytes = value
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            guard let claim = try? HistoryValues.claim(bytes) else { continue }
            #expect(claim.words.count <= 2, "seed \(seed) round \(round)")
        }
    }

    private static let silent = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    // MARK: The API

    @Test func `the API lets a machine take the place of another`() async throws {
        let api = try TestAPI()
        // So that it spoke within the last seconds however long a busy machine takes to ask.
        @Sendable func soon(_ now: CollectorInstant) -> CollectorInstant {
            CollectorInstant(monotonic: now.monotonic + .seconds(3600), wall: now.wall)
        }
        api.ledger.update { state, now in
            state.receive(word(Self.first), now: soon(now), partition: 2)
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }
        let member = "edge@\(Self.second)"
        try await api.run { client async throws in
            let path = "/v1/agents/edge/replace"
            #expect(try await client.ask(.post, "/v1/agents/nobody/replace").code == "unknown_agent")
            #expect(try await client.ask(.post, path).code == "no_other_machine")
            api.ledger.update { state, now in state.receive(word(Self.second), now: soon(now), partition: 2) }
            let running = try await client.ask(.post, path)
            #expect(running.status == 409 && running.code == "agent_is_running")
            let refused = try await client.ask(.delete, "/v1/agents/edge")
            #expect(refused.status == 409 && refused.code == "other_machines")
            #expect(refused.message.contains("/v1/agents/edge/replace") && refused.message.contains(member))
            #expect(try await client.ask(.delete, "/v1/agents/edge%40\(Self.second)").code == "agent_is_running")
            api.ledger.update { state, now in
                state.receive(word(Self.first, status: .draining), now: now, partition: 2)
            }
            api.producer.fail(with: PurgeProducerError(outcome: .unknown, message: "down"))
            #expect(try await client.ask(.post, path).status == 503)
            #expect(try await client.agentCount() == 2)
            api.producer.fail(with: nil)
            let replaced = try await client.ask(.post, path)
            #expect(replaced.status == 200 && replaced.json["machine"] as? String == Self.second)
            #expect(api.producer.retired == [Retirement(agent: "edge", acksPartition: 2, holder: word(Self.second))])
            #expect(try await client.agentCount() == 1)
        }
    }
}
