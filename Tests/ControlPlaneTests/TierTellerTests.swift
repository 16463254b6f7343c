import Logging
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// When words about tiers are written.
@Suite struct TierTellerTests {
    /// What was sent; fails while it is told to.
    private final class Sent: Sendable {
        private let locked = Mutex<(words: [TierWord], fails: Bool)>(([], false))

        var words: [TierWord] { locked.withLock { $0.words } }

        func fail(_ fails: Bool) { locked.withLock { $0.fails = fails } }

        func send(_ word: TierWord) throws(PurgeProducerError) {
            let fails = locked.withLock { locked in
                if !locked.fails { locked.words.append(word) }
                return locked.fails
            }
            if fails { throw PurgeProducerError(outcome: .notStored, message: "topic purge.tiers does not exist") }
        }
    }

    private func running(
        _ words: [Acknowledgement], _ body: (PurgeLedger, Sent) async throws -> Void
    ) async throws {
        let ledger = PurgeLedger(settings: .init()) { Timestamp(milliseconds: 1_700_000_000_000) }
        let sent = Sent()
        ledger.update { state, now in
            for word in words { state.receive(word, now: now) }
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }
        let teller = TierTeller(ledger: ledger, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            word throws(PurgeProducerError) in try sent.send(word)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await teller.run() }
            // As the collector does.
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(20))) != nil {
                    ledger.update { state, now in state.advance(to: now) }
                }
            }
            try await body(ledger, sent)
            group.cancelAll()
        }
    }

    private static let shield = Samples.acknowledgement("s1", tier: AgentTier(name: "shield"))
    private static let edge = Samples.acknowledgement("e1", tier: AgentTier(name: "edge", above: "shield"))

    private func produce(_ ledger: PurgeLedger, appliedBy agent: Acknowledgement) throws {
        let event = try Samples.event(1)
        ledger.update { state, now in
            state.receive(event, bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: now)
            var word = agent
            word.partitions = [PartitionProgress(partition: 0, queued: 1, applied: 1, highWatermark: 1)]
            state.receive(word, now: now)
        }
    }

    @Test func `a word is written when something changes, and again though nothing does`() async throws {
        try await running([Self.shield, Self.edge]) { ledger, sent in
            try await eventually("a first word") { !sent.words.isEmpty }
            try produce(ledger, appliedBy: Self.shield)
            try await eventually("the purge is told") { sent.words.last?.partitions.first?.applied == 1 }
            let count = sent.words.count
            try await eventually("it is told again") { sent.words.count > count + 1 }
            #expect(sent.words.suffix(2).allSatisfy { $0.partitions.first?.applied == 1 })
        }
    }

    @Test func `late responses that a shield has taken out are told`() async throws {
        try await running([Self.shield, Self.edge]) { ledger, sent in
            try await eventually("a first word") { sent.words.last?.lateFills == 0 }
            var word = Self.shield
            word.counts.guardRemoved = 3
            ledger.update { state, now in state.receive(word, now: now) }
            try await eventually("they are told") { sent.words.last?.lateFills == 3 }
        }
    }

    @Test func `nothing is written where no cache fills from a tier`() async throws {
        try await running([Self.shield]) { ledger, sent in
            try produce(ledger, appliedBy: Self.shield)
            // One that does makes the difference: what came before it would have been written by then.
            #expect(sent.words.isEmpty)
            ledger.update { state, now in state.receive(Self.edge, now: now) }
            try await eventually("a word") { !sent.words.isEmpty }
            #expect(sent.words.first?.partitions.first?.applied == 1)
        }
    }

    @Test func `what cannot be written is said where purges are looked at, until it can`() async throws {
        try await running([Self.shield, Self.edge]) { ledger, sent in
            let problem = { @Sendable in ledger.read { state, now in state.agentList(now: now).problem } }
            try await eventually("a first word") { !sent.words.isEmpty }
            sent.fail(true)
            try await eventually("it is said") { problem()?.contains("topic purge.tiers does not exist") == true }
            #expect(ledger.read { state, now in state.fleet(now: now).holds } == [.tiers])
            let count = sent.words.count
            sent.fail(false)
            try await eventually("it is written again") { sent.words.count > count }
            try await eventually("nothing is said") { problem() == nil }
        }
    }
}
