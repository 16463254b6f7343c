import Foundation
import TestSupport
import Testing

@testable import EdgeAgent

/// The replacer alone, under a clock that stands.
@Suite(.serialized) struct CacheReplacerTests: OverCacheBench {
    let bench: CacheBench
    private let clock = TestClock(.stands)
    private let worker: WorkerFixture

    init() throws {
        bench = try CacheBench()
        worker = try WorkerFixture(state: bench.state, caches: [bench.files.path], clock: clock)
    }

    private func close() {
        worker.caches.close()
        worker.database.close()
    }

    @Test func `each cache is opened until it is taken up, and again when it is stale`() throws {
        defer { close() }
        var replacer = CacheReplacer(worker.context)
        #expect(replacer.isWaiting(0) && replacer.hasWork(clock.instant) && !replacer.hasFailed(0))
        let first = try #require(replacer.openDue().first)
        #expect(first.number == 0 && replacer.isWaiting(0))
        replacer.isTakenUp(first)
        #expect(!replacer.isWaiting(0) && replacer.openDue().isEmpty)
        replacer.isStale(0)
        #expect(replacer.isWaiting(0))
        let again = try #require(replacer.openDue().first)
        #expect(again.identity == first.identity)
    }

    @Test func `one that is away is tried again by and by, and then another directory is there`() throws {
        defer { close() }
        var replacer = CacheReplacer(worker.context)
        let first = try #require(replacer.openDue().first)
        replacer.isTakenUp(first)
        try FileManager.default.removeItem(atPath: files.path)
        replacer.isStale(0)
        #expect(replacer.openDue().isEmpty)
        #expect(replacer.hasFailed(0) && replacer.isWaiting(0))
        #expect(worker.board.hasProblem(.cache(files.path)))
        try FileManager.default.createDirectory(atPath: files.path, withIntermediateDirectories: false)
        #expect(replacer.openDue().isEmpty, "its time has not come")
        clock.advance(by: .seconds(1))
        let other = try #require(replacer.openDue().first)
        replacer.isTakenUp(other)
        #expect(other.identity != first.identity)
        #expect(!replacer.hasFailed(0) && !worker.board.hasProblem(.cache(files.path)))
    }
}
