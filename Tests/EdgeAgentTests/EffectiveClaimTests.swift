import LinuxFiles
import PurgeModel
import Synchronization
import TestSupport
import Testing
import Threads

@testable import EdgeAgent

/// What is told as effective while purges come.
@Suite struct EffectiveClaimTests {
    /// It was told of a purge by a look that was older than the purge, while nginx could not be told to ask.
    @Test func `no purge is told as effective before nginx is told to ask about it`() async throws {
        let directory = try TemporaryDirectory()
        let standing = StandingPurges(
            marker: AskMarker(path: "/proc/nowhere/ask", isAsked: true), keepsGuards: false, guardWindow: .zero,
            clockSkewMax: .zero, clock: SystemClock()
        ) { URLForms(.cloudflare, []) }
        standing.isListening(true)
        let queue = try PurgeQueue(
            database: try TestDatabase.open(directory), entriesMax: 100_000, standing: standing)
        try queue.assigned(0, from: 0, highWatermark: 0)
        let isOver = Flag()
        async let telling: Void = DedicatedThread.run(name: "tells") {
            while !isOver.isSet {
                for told in queue.progress() {
                    let effective = told.effective ?? told.applied
                    #expect(effective <= told.applied, "applied \(told.applied), told \(effective)")
                }
            }
        }
        for offset in 0..<2_000 as Range<Int64> {
            try queue.enqueue([PurgeQueue.Arrival.purge(0, offset, try WorkerFixture.event(tag: "t"))])
            // Nothing waits any more: all is effective again.
            queue.completed([QueueKey(partition: 0, epoch: 0, offset: offset)])
        }
        isOver.set()
        try await telling
        #expect(standing.problem?.contains("/proc/nowhere") == true)
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)

        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    @Test func `the marker is there before a purge is queued`() async throws {
        let directory = try TemporaryDirectory()
        let marker = directory.path + "/ask"
        let standing = StandingPurges(
            marker: AskMarker(path: marker, isAsked: true), keepsGuards: false, guardWindow: .zero,
            clockSkewMax: .zero, clock: SystemClock()
        ) { URLForms(.cloudflare, []) }
        standing.isListening(true)
        let queue = try PurgeQueue(database: try TestDatabase.open(directory), entriesMax: 100, standing: standing)
        try queue.assigned(0, from: 0, highWatermark: 0)
        #expect(queue.progress().map(\.effective) == [0])
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 0, try WorkerFixture.event(tag: "t"))])
        #expect(try MarkerFile(path: marker).isThere)
        #expect(queue.progress().map(\.effective) == [1])
    }
}
