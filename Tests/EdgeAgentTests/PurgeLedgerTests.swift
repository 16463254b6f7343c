import PurgeModel
import Testing

@testable import EdgeAgent

@Suite struct PurgeLedgerTests {
    private func purge(_ offset: Int64) -> PurgeLedger.Purge {
        PurgeLedger.Purge(
            key: key(offset), zone: "z", started: .now,
            kind: PurgeKind(WorkerFixture.event(Selectors(everything: true))))
    }

    private func key(_ offset: Int64) -> QueueKey { QueueKey(partition: 0, epoch: 0, offset: offset) }

    private func step(_ offset: Int64, _ state: PurgeStep.State, removed: Int = 0) -> PurgeStep {
        PurgeStep(key: key(offset), state: state, progress: PurgeProgress(removed: removed, bytes: Int64(removed) * 10))
    }

    @Test func `a purge is done when every target is, and what they removed is added up`() {
        var ledger = PurgeLedger()
        ledger.add(purge(0), targets: 2, progress: PurgeProgress(removed: 3, bytes: 30))
        #expect(ledger.progress(key(0)).removed == 3)
        #expect(ledger.note(step(0, .more, removed: 4), of: 0)?.removed == 4)
        #expect(ledger.note(step(0, .done, removed: 5), of: 1)?.bytes == 90)
        #expect(!ledger.isDone(key(0)))
        _ = ledger.note(step(0, .done, removed: 6), of: 0)
        #expect(ledger.isDone(key(0)))
        #expect(ledger.remove(key(0))?.key == key(0))
        #expect(ledger.remove(key(0)) == nil)
        #expect(!ledger.isDone(key(0)))
        #expect(ledger.note(step(0, .done), of: 0) == nil)
    }

    @Test func `only purges that some target can do something for are active`() {
        var ledger = PurgeLedger()
        for offset in 0..<3 { ledger.add(purge(Int64(offset)), targets: 2, progress: PurgeProgress()) }
        #expect(ledger.activeCount == 3)
        _ = ledger.note(step(0, .later), of: 0)
        #expect(ledger.activeCount == 3, "the other target works on it")
        _ = ledger.note(step(0, .done), of: 1)
        #expect(ledger.activeCount == 2)
        _ = ledger.note(step(0, .later), of: 0)
        #expect(ledger.activeCount == 2)
        _ = ledger.note(step(0, .more), of: 0)
        #expect(ledger.activeCount == 3)
        // Begun anew while it waits.
        for target in 0..<2 { _ = ledger.note(step(1, .later), of: target) }
        #expect(ledger.activeCount == 2)
        ledger.add(purge(1), targets: 2, progress: PurgeProgress())
        #expect(ledger.activeCount == 3)
        for target in 0..<2 { _ = ledger.note(step(2, .later), of: target) }
        _ = ledger.remove(key(2))
        #expect(ledger.activeCount == 2)
    }
}
