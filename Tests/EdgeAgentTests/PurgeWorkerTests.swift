import Logging
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct PurgeWorkerTests {
    /// Is done with each purge in the round in which it is begun.
    private final class InstantTarget: PurgeTarget {
        let name = "instant"
        let isReady = true
        private(set) var begun: [QueueKey] = []
        private var working: [QueueKey] = []

        func patience(_ now: ContinuousClock.Instant) -> Duration { .zero }
        func start() throws {}
        func catchUp(hasPurges: Bool) throws {}
        func begin(_ purge: PurgeJob) throws {
            begun.append(purge.key)
            working.append(purge.key)
        }
        func step(into change: inout Change) throws -> [PurgeStep] {
            working.map { PurgeStep(key: $0, state: .done, progress: PurgeProgress()) }
        }
        func written() { working = [] }
        func keepUp(isIdle: Bool) throws {}
        func stop() throws {}
    }

    private func event(_ zone: String, tags: Int) throws -> PurgeEvent {
        let filler = String(repeating: "t", count: 1_000)
        let names = try (0..<tags).map { try CacheTag(validating: "\(filler)\($0)") }
        var event = WorkerFixture.event(Selectors(tags: names))
        event.zone = zone
        return event
    }

    /// Each of them went before it, and left no room in the round.
    @Test func `a large purge is begun though small ones of other zones come in every round`() throws {
        let state = try TemporaryDirectory()
        let database = try TestDatabase.open(state)
        defer { database.close() }
        // It stands still: no round ends because of the time that it takes.
        let clock = TestClock(.stands)
        let queue = try PurgeQueue(database: database, entriesMax: 1_000, clock: clock)
        try queue.assigned(0, from: 0, highWatermark: 0)
        let target = InstantTarget()
        let worker = PurgeWorker(
            queue: queue, targets: [target], board: AgentStatusBoard(indexed: IndexTotals()) {},
            health: StoreHealth(directory: state.path, reserveBytes: 0),
            settings: PurgeWorker.Settings(guardWindow: .seconds(60), clockSkewMax: .seconds(60)), clock: clock,
            logger: Logger(label: "test"), onRejection: {})
        var events = [try event("small", tags: 1), try event("large", tags: 400), try event("large", tags: 400)]
        for round in 0..<20 {
            events.append(try event("small-\(round)", tags: 1))
            let next = queue.nextOffset(0) ?? 0
            try queue.enqueue(
                events.enumerated().map { PurgeQueue.Arrival.purge(0, next + Int64($0.offset), $0.element) })
            events = []
            try worker.tryRound()
        }
        let large = target.begun.filter { $0.offset == 1 || $0.offset == 2 }
        #expect(large.map(\.offset) == [1, 2])
    }
}
