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

    @Test func `who watches a purge is woken by what changes about it, and by nothing else`() async throws {
        let ledger = ledger()
        ledger.update { state, now in state.receive(Samples.acknowledgement("b"), now: now) }
        add(try Samples.event(1), to: ledger, at: 0)
        add(try Samples.event(2), to: ledger, at: 1)
        let (first, second) = (try Samples.id(1), try Samples.id(2))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in [first, second] {
                let changes = try #require(ledger.read { state, _ in state.changes(of: id) })
                for _ in 0..<20 {
                    group.addTask { await ledger.waitForChange(of: id, since: changes, timeout: .seconds(300)) }
                }
            }
            try await waiters(of: ledger, reach: 40)
            // Whoever is woken has left when the update returns.
            for _ in 0..<100 {
                ledger.update { state, now in
                    state.receive(Samples.acknowledgement("a"), now: now)
                    state.advance(to: now)
                }
            }
            #expect(ledger.waiterCount == 40)
            ledger.update { state, now in state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: now) }
            #expect(ledger.waiterCount == 20)
            ledger.update { state, now in state.receive(Samples.acknowledgement("a", applied: [0: 2]), now: now) }
            #expect(ledger.waiterCount == 0)
        }
    }

    @Test func `what has changed since it was looked at is not waited for, nor what is not there`() async throws {
        let ledger = ledger()
        add(try Samples.event(1), to: ledger)
        let id = try Samples.id(1)
        let changes = try #require(ledger.read { state, _ in state.changes(of: id) })
        ledger.update { state, now in state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: now) }
        await ledger.waitForChange(of: id, since: changes, timeout: .seconds(300))
        await ledger.waitForChange(of: try Samples.id(2), since: 0, timeout: .seconds(300))
    }

    @Test func `who watches a purge is woken when it is forgotten, and when an agent falls silent`() async throws {
        let ledger = ledger()
        add(try Samples.event(1), to: ledger)
        let id = try Samples.id(1)
        let changes = try #require(ledger.read { state, _ in state.changes(of: id) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await ledger.waitForChange(of: id, since: changes, timeout: .seconds(300)) }
            try await waiters(of: ledger, reach: 1)
            try await eventually("the agent is silent") {
                ledger.letTimePass()
                return ledger.waiterCount == 0
            }
            group.addTask { await ledger.waitForChange(of: id, since: changes, timeout: .seconds(300)) }
            try await waiters(of: ledger, reach: 1)
            // The topic was made anew: another purge is at its place.
            add(try Samples.event(2), to: ledger)
            try await waiters(of: ledger, reach: 0)
        }
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
