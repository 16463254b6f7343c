import HTTPTypes
import HummingbirdTesting
import Kafka
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// docs/guarantees.md, how each fault is tried: `purge.acks` made anew.
///
/// What the control plane makes of it as it runs, and with a store and a cluster.
@Suite(.timeLimit(.minutes(2))) struct LostAcknowledgementsTests {
    private func word(
        _ agent: String, applied: Int64 = 0, fence: FenceMode = .start, drained: Bool = false
    ) -> Acknowledgement {
        Samples.acknowledgement(agent, applied: [0: applied], fence: fence, drained: drained)
    }

    @Test func `while it runs, it concludes nothing from what was said in the earlier topic`() throws {
        let silent = [word("drained", drained: true), word("fencing", fence: .cutOff)]
        var state = CollectorState.ready(silent + [word("b")])
        try state.addPurge(at: 1)
        state.acknowledgementsStartedOver(0)
        state.receive(word("b", applied: 1), now: Samples.instant(2))
        for seconds in 2..<60 { state.letTimePass(to: Samples.instant(Double(seconds))) }
        #expect(state.takeConfirmed().isEmpty)
        #expect(state.fleet(now: Samples.instant(60)).holds == [.remembered])
        for word in silent { state.receive(word, now: Samples.instant(60)) }
        for seconds in 60..<90 { state.letTimePass(to: Samples.instant(Double(seconds))) }
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        #expect(state.fleet(now: Samples.instant(90)).holds.isEmpty)
    }

    @Test func `one that is remembered only is retired where its key says`() throws {
        var state = CollectorState()
        state.restore(RestoredHistory(claims: ["a": NameClaim(machine: nil)]), now: Samples.instant(0))
        state.receive(word("b"), now: Samples.instant(0), partition: 3)
        state.acknowledgementsCaughtUp(at: Samples.instant(0))
        #expect(try state.retirement(of: "a", now: Samples.instant(10)) == Retirement(agent: "a", acksPartition: nil))
        #expect(try state.retirement(of: "b", now: Samples.instant(10)) == Retirement(agent: "b", acksPartition: 3))
    }

    @Test func `which topic a purge was in is kept on the disk`() async throws {
        let directory = try TemporaryDirectory()
        let limits = HistoryLimits(window: .seconds(1_000_000_000), purgesMax: 10, bytesMax: 1_000_000)
        for round in 0..<2 {
            let store = try ControlStore.open(directory: directory.path, logger: Self.silent)
            let tables = try HistoryTables(store, limits: limits)
            if round == 0 {
                let record = PurgeRecord(
                    event: try Samples.event(1), position: PurgePosition(partition: 2, offset: 7), topic: 3, bytes: 10,
                    seenAt: .zero)
                try tables.write(
                    HistoryChanges(
                        purges: [.init(record, isNew: true, piece: 0, results: [])], minutes: [:], readTo: [2: 8],
                        marks: [:], topics: [2: 4], claims: [:]))
            }
            let restored = try tables.restore(purgesMax: 10, bytesMax: 1_000_000, resultsMax: 10)
            #expect(restored.topics == [2: 4])
            #expect(restored.purges.map(\.topic) == [3])
            try await store.close()
        }
    }

    /// `purge.acks` was deleted and made anew while the control plane restarted, and one agent was silent: a purge was
    /// confirmed without it.
    @Test func `purge.acks made anew: a silent agent is waited for after a restart, and can be retired`() async throws {
        let old = try KafkaBench()
        let oldAgents = try Producer(old.configuration.kafka)
        for name in ["edge-1", "silent"] {
            try await old.acknowledge(Samples.acknowledgement(name), with: oldAgents)
        }
        try await old.run { client, _ async throws in
            try await old.waitUntilReady(client)
            try await eventually("both are known") { try await client.agentCount() == 2 }
        }
        await oldAgents.closeGracefully(flushing: .seconds(1))
        old.cluster.close()

        let new = try KafkaBench(after: old)
        defer { new.cluster.close() }
        let agents = try Producer(new.configuration.kafka)
        try await new.acknowledge(Samples.acknowledgement("edge-1"), with: agents)
        try await new.run { client, ledger async throws in
            try await new.waitUntilReady(client)
            #expect(try await client.agentCount() == 2)
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            let status = try await client.ask(.get, "/v1/purges/\(id)")
            let partition = Int32(try #require(status.json["partition"] as? Int))
            try await new.applied(partition, 0, by: "edge-1", with: agents)
            try await eventually("one has applied it") { ledger.appliedCount(id) == 1 }
            #expect(ledger.read { state, _ in state.openCount } == 1)
            try await eventually("it is retired") {
                try await client.ask(.delete, "/v1/agents/silent").status == 200
            }
            #expect(try await client.ask(.get, "/v1/purges/\(id)?wait=1m").json["state"] as? String == "confirmed")
        }
        await agents.closeGracefully(flushing: .seconds(1))
    }

    private static let silent = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()
}
