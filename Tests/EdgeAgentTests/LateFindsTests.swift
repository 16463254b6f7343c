import Foundation
import LinuxFiles
import PrometheusText
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Attack A2: a live file is found that the index did not have, and it may have missed any purge since it landed.
///
/// In version 0.1.0 it was only put into the index, and the old page was served until its TTL.
@Suite(.serialized) struct LateFindsTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    private func isStale(_ file: String) -> Bool { (CacheFixture.validUntil(file) ?? 0) < 4_000_000_000 }

    private func expectPurged(_ file: String, _ mode: PurgeMode) {
        #expect(mode == .delete ? !isLive(file) : isLive(file) && isStale(file))
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `what verify finds is purged`(_ mode: PurgeMode) async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], missedPurges: mode)
        let missed = try fixture.store("http://a.test/missed", tags: "t")
        let replaced = try fixture.store("http://a.test/replaced", tags: "t")
        let kept = try fixture.store("http://a.test/kept", tags: "t")
        try await worker.startAndScan()
        worker.set(.sleeps)
        try worker.forget([missed])
        try fixture.store("http://a.test/replaced", tags: "t")
        let report = try await worker.finished(worker.upkeep.verify()).report
        #expect(report?.unindexedFiles == 1 && report?.replacedFiles == 1)
        expectPurged(missed, mode)
        expectPurged(replaced, mode)
        #expect(isLive(kept) && !isStale(kept))
        #expect(worker.board.counters.foundLate.value == 2)
        #expect(worker.board.counts.objectsRemoved == 2)
        #expect(worker.board.counts.repaired == 2)
        #expect(worker.board.counts.objectsIndexed == (mode == .delete ? 1 : 3))
        try await worker.stop()
    }

    @Test func `what the comparison in the background finds is purged`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], verifyInterval: .milliseconds(200))
        let missed = try fixture.store("http://a.test/missed", tags: "t")
        let kept = try fixture.store("http://a.test/kept", tags: "t")
        try await worker.startAndScan()
        try worker.forget([missed])
        try await eventually("it is purged") { !isLive(missed) }
        #expect(isLive(kept))
        try await worker.stop()
    }

    @Test(arguments: [false, true])
    func `the scan at a start purges what landed while an agent ran, and nothing else`(_ isAlone: Bool) async throws {
        let first = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let missed = try fixture.store("http://a.test/missed", tags: "t")
        let kept = isAlone ? nil : try fixture.store("http://a.test/kept", tags: "t")
        try await first.startAndScan()
        try first.forget([missed])
        try await first.followsOn()
        try await first.stop()
        let after = try fixture.store("http://a.test/after", tags: "t")
        let second = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        try await second.startAndScan()
        #expect(!isLive(missed))
        #expect(isLive(after), "it landed while no agent ran, and Kafka has what it missed")
        if let kept { #expect(isLive(kept)) }
        #expect(second.board.counters.foundLate.value == 1)
        #expect(second.board.counts.objectsIndexed == (isAlone ? 1 : 2))
        try await second.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(after))
        try await second.stop()
    }

    @Test func `after an overflow only what had landed before the last drain is late`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let missed = try fixture.store("http://a.test/missed", tags: "t")
        let kept = try fixture.store("http://a.test/kept", tags: "t")
        try await worker.startAndScan()
        try worker.forget([missed])
        try await worker.followsOn()
        worker.set(.overflowsOnce)
        let new = try fixture.store("http://a.test/new", tags: "t")
        try await eventually("the cache is looked through") {
            worker.board.counters.watcherOverflows.value == 1 && worker.board.counts.objectsIndexed == 2
        }
        #expect(!isLive(missed))
        #expect(isLive(new))
        #expect(isLive(kept))
        #expect(worker.board.counters.foundLate.value == 1)
        try await worker.stop()
    }

    @Test func `with an index that was emptied nothing is late`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let stored = try (0..<20).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        try await worker.startAndScan()
        try await worker.followsOn()
        try await worker.finished(worker.upkeep.rebuild())
        #expect(stored.allSatisfy(isLive))
        #expect(worker.board.counts.objectsIndexed == 20)
        #expect(worker.board.counters.foundLate.value == 0)
        try await worker.stop()
    }

    @Test(.enabled(if: ImmutableFile.isPossible, "needs root, and a file system that knows immutable files"))
    func `one that cannot be changed holds nothing up, and is purged after a restart too`() async throws {
        let first = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let missed = try fixture.store("http://a.test/missed", tags: "m")
        let other = try fixture.store("http://a.test/other", tags: "t")
        try await first.startAndScan()
        try first.forget([missed])
        try ImmutableFile.set(true, missed)
        defer { try? ImmutableFile.set(false, missed) }
        try await first.finished(first.upkeep.verify())
        try await eventually("it is told") { first.board.hasProblem(.lateFinds) }
        try await first.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(other))
        #expect(isLive(missed))
        try await first.stop()
        try ImmutableFile.set(false, missed)
        let second = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        try await second.startAndScan()
        try await eventually("it is purged") { !isLive(missed) }
        try await eventually("it is forgotten") { try second.database.meta.late.keys().isEmpty }
        #expect(second.board.problem == nil)
        try await second.stop()
    }
}
