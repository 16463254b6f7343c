import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct PurgeLedgerTests {
    private func ledger() -> PurgeLedger {
        let ledger = PurgeLedger(settings: .init(), wallClock: { Timestamp(milliseconds: 1_700_000_000_000) })
        ledger.update { state, now in
            state.receive(Samples.acknowledgement("a"), now: now)
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }
        return ledger
    }

    private func add(_ event: PurgeEvent, to ledger: PurgeLedger, at offset: Int64 = 0) {
        ledger.update { state, now in
            state.receive(event, bytes: 10, at: PurgePosition(partition: 0, offset: offset), now: now)
        }
    }

    private func waiters(of ledger: PurgeLedger, reach count: Int) async throws {
        try await eventually("\(count) wait") { ledger.waiterCount == count }
    }

    @Test func `all who wait are woken by the confirmation`() async throws {
        let ledger = ledger()
        add(try Samples.event(1), to: ledger)
        let id = try Samples.id(1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { await ledger.wait(for: .confirmed, of: id, timeout: .seconds(300)) } }
            try await waiters(of: ledger, reach: 50)
            ledger.update { state, now in state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: now) }
        }
        #expect(ledger.waiterCount == 0)
    }

    @Test func `what is confirmed or unknown is not waited for`() async throws {
        let ledger = ledger()
        add(try Samples.event(1), to: ledger)
        ledger.update { state, now in state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: now) }
        await ledger.wait(for: .confirmed, of: try Samples.id(1), timeout: .seconds(300))
        await ledger.wait(for: .confirmed, of: try Samples.id(2), timeout: .seconds(300))
    }

    @Test func `a wait ends after its time and leaves nothing behind`() async throws {
        let ledger = ledger()
        add(try Samples.event(1), to: ledger)
        await ledger.wait(for: .confirmed, of: try Samples.id(1), timeout: .milliseconds(10))
        #expect(ledger.waiterCount == 0)
        #expect(ledger.read { state, _ in state.openCount } == 1)
    }

    @Test func `a wait that is cancelled ends and leaves nothing behind`() async throws {
        let ledger = ledger()
        add(try Samples.event(1), to: ledger)
        let id = try Samples.id(1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await ledger.wait(for: .confirmed, of: id, timeout: .seconds(300)) } }
            try await waiters(of: ledger, reach: 20)
            group.cancelAll()
        }
        #expect(ledger.waiterCount == 0)
    }

    @Test func `cancelling and confirming at the same time resumes each once`() async throws {
        for round in 0..<200 {
            let ledger = ledger()
            add(try Samples.event(1), to: ledger)
            let id = try Samples.id(1)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { await ledger.wait(for: .confirmed, of: id, timeout: .seconds(300)) } }
                group.addTask {
                    for _ in 0..<round { await Task.yield() }
                    ledger.update { state, now in state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: now)
                    }
                }
                for _ in 0..<round { await Task.yield() }
                group.cancelAll()
            }
            #expect(ledger.waiterCount == 0)
        }
    }
}
