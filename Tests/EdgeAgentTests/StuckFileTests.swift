import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Files that cannot be changed: only the purges that name them wait.
///
/// In version 0.1.0 nothing that an operator asks for was begun while a purge waited, its guard kept all later ones
/// from ending, and each round that failed was followed by half a second of nothing.
@Suite(
    .serialized, .enabled(if: ImmutableFile.isPossible, "needs root, and a file system that knows immutable files"))
struct StuckFileTests: OverCacheBench {
    let bench: CacheBench
    private let other: TemporaryDirectory

    init() throws {
        bench = try CacheBench()
        other = try TemporaryDirectory()
    }

    private func isFresh(_ file: String) -> Bool {
        isLive(file) && CacheFixture.validUntil(file) == 4_000_000_000
    }

    private func worker(window: Duration = .milliseconds(300)) throws -> WorkerFixture {
        try WorkerFixture(state: state, caches: [files.path, other.path], guardWindow: window)
    }

    /// Begins a purge of a file that cannot be changed, and waits until the file is told.
    private func stick(_ file: String, _ event: PurgeEvent, _ worker: WorkerFixture) async throws -> Int64 {
        let offset = try worker.enqueue([event])
        try await eventually("the whole path is told: \(worker.board.problem ?? "")") {
            worker.board.problem?.contains("\"\(file)\"") == true
        }
        #expect(!worker.isApplied(offset))
        return offset
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `everything else goes on: purges, guards, verify, flush, rebuild, reload`(_ mode: PurgeMode) async throws {
        let stuck = try fixture.store("http://stuck.test/a", tags: "stuck")
        let kept = try fixture.store("http://stuck.test/kept", tags: "kept")
        let free = try ["url", "tag", "rest"].map { try fixture.store("http://free.test/\($0)", tags: $0) }
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let worker = try worker()
        try await worker.startAndScan()
        let offset = try await stick(stuck, try WorkerFixture.event(tag: "stuck", mode: mode), worker)

        let everything = Selectors(everything: true)
        let told = try await worker.apply([
            try WorkerFixture.event(url: "http://free.test/url", mode: mode),
            try WorkerFixture.event(tag: "tag", mode: mode),
            WorkerFixture.event(everything, scope: Scope([try HostPattern(validating: "free.test")]), mode: mode),
        ])
        // What is stale already is not counted again.
        #expect(told.map(\.removed) == [1, 1, 1])
        #expect(free.allSatisfy { !isFresh($0) })
        try await eventually("guards end; \(worker.board.guardStatus)") { worker.board.guardStatus.standing <= 1 }

        try await worker.finished(worker.upkeep.verify())
        let elsewhere = try CacheFixture(path: other.path).store("http://free.test/elsewhere", tags: "e")
        try await eventually("it is learnt") { worker.board.counts.objectsIndexed == (mode == .delete ? 3 : 6) }
        try await worker.finished(worker.upkeep.flush(paths: [other.path], mode: .delete))
        #expect(!isLive(elsewhere))
        try await worker.finished(worker.upkeep.rebuild())
        try await worker.apply([try WorkerFixture.event(tag: "after-rebuild")])
        #expect(!worker.isApplied(offset), "made anew, the index has the file as before")
        #expect(isLive(stuck))
        worker.reload([files.path])
        try await eventually("it is reloaded") { worker.caches.paths == [files.path] && !worker.board.isScanning }
        try await worker.apply([try WorkerFixture.event(tag: "after-reload")])
        try await eventually("it is told still") { worker.board.problem?.contains(stuck) == true }
        #expect(!worker.isApplied(offset))

        try ImmutableFile.set(false, stuck)
        try await eventually("its purge is applied") { worker.isApplied(offset) }
        try await eventually("the problem is gone") { worker.board.problem == nil }
        #expect(!isFresh(stuck))
        #expect(isLive(stuck) == (mode == .invalidate))
        #expect(isFresh(kept))
        try await eventually("no guard is left") { worker.board.guardStatus.standing == 0 }
        try await worker.stop()
    }

    @Test func `what is stored at the same place meanwhile is another object, and stays`() async throws {
        let stuck = try fixture.store("http://a.test/", tags: "t")
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let worker = try worker()
        try await worker.startAndScan()
        let offset = try await stick(stuck, try WorkerFixture.event(tag: "t"), worker)
        try await eventually("its guard ends") { worker.board.guardStatus.standing == 0 }
        try ImmutableFile.set(false, stuck)
        let date = SystemClock().now.milliseconds / 1000
        try fixture.store("http://a.test/", tags: "t", date: date)
        let beside = try fixture.store("http://a.test/beside", tags: "t", date: date)
        try await eventually("its purge is applied") { worker.isApplied(offset) }
        try await worker.apply([try WorkerFixture.event(tag: "another")])
        #expect(isLive(stuck))
        #expect(isLive(beside))
        #expect(worker.board.problem == nil)
        try await worker.stop()
    }

    @Test func `one of 5,000 files of a purge: the others go at once`() async throws {
        let stored = try (0..<5000).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        let stuck = stored[2500]
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let worker = try worker()
        try await worker.startAndScan()
        let offset = try await stick(stuck, WorkerFixture.event(Selectors(everything: true)), worker)
        try await eventually("the others are gone") { worker.board.counts.objectsIndexed == 1 }
        #expect(stored.filter(isLive) == [stuck])
        try ImmutableFile.set(false, stuck)
        try await eventually("the purge is applied") { worker.isApplied(offset) }
        #expect(worker.board.summary.recent.first { $0.offset == offset }?.removed == 5000)
        #expect(worker.board.counts.objectsIndexed == 0)
        try await worker.stop()
    }

    @Test func `2,000 of one purge: more than are remembered one by one`() async throws {
        let stored = try (0..<2000).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        try ImmutableFile.set(true, stored)
        defer { try? ImmutableFile.set(false, stored) }
        let worker = try worker()
        try await worker.startAndScan()
        // Accepted long ago: what is stored now is newer.
        let accepted = SystemClock().now.advanced(by: .seconds(-3600))
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t", acceptedAt: accepted)])
        try await eventually("a file is told") { worker.board.problem?.contains(files.path) == true }
        let free = try fixture.store("http://free.test/", tags: "free")
        try await worker.apply([try WorkerFixture.event(tag: "free")])
        #expect(!isLive(free))
        #expect(worker.board.problem?.contains(files.path) == true, "it is told for as long as it is so")
        let errors = worker.board.counts.errors
        try await eventually("they are tried again") { worker.board.counts.errors > errors }
        try await eventually("guards end") { worker.board.guardStatus.standing == 0 }
        let new = try fixture.store("http://a.test/new", tags: "t", date: SystemClock().now.milliseconds / 1000)
        try ImmutableFile.set(false, stored)
        try await eventually("the purge is applied") { worker.isApplied(offset) }
        try await eventually("the problem is gone") { worker.board.problem == nil }
        #expect(!stored.contains(where: isLive))
        #expect(isLive(new))
        #expect(worker.board.summary.recent.first { $0.offset == offset }?.removed == 2000)
        try await worker.stop()
    }

    @Test func `a purge that waits outlives the agent`() async throws {
        let stuck = try fixture.store("http://a.test/", tags: "t")
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let first = try worker()
        try await first.startAndScan()
        let offset = try await stick(stuck, try WorkerFixture.event(tag: "t"), first)
        try await first.stop()
        let second = try worker()
        try await second.startAndScan()
        try await eventually("it is told again") { second.board.problem?.contains(stuck) == true }
        #expect(!second.isApplied(offset))
        try ImmutableFile.set(false, stuck)
        try await eventually("it is applied") { second.isApplied(offset) }
        #expect(!isLive(stuck))
        try await second.stop()
    }

    @Test func `a flush tries what it could not change, and leaves what came after it`() async throws {
        let stuck = try fixture.store("http://a.test/stuck", tags: "t")
        let free = try fixture.store("http://a.test/free", tags: "t")
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let worker = try worker()
        try await worker.startAndScan()
        let first = try #require(worker.upkeep.flush(paths: [files.path], mode: .delete))
        try await eventually("the file is told") { worker.board.problem?.contains(stuck) == true }
        #expect(!isLive(free))
        let new = try fixture.store("http://a.test/new", tags: "n")
        try await eventually("it is learnt") { worker.board.counts.objectsIndexed == 2 }
        let errors = worker.board.counts.errors
        try await eventually("it is tried again") { worker.board.counts.errors > errors + 1 }
        #expect(isLive(new))
        // Of another cache, and of nothing, it does not wait.
        try await worker.finished(worker.upkeep.flush(paths: [other.path], mode: .delete))
        try await worker.finished(worker.upkeep.verify())
        // Asked for once more, both end.
        let second = try #require(worker.upkeep.flush(paths: [files.path], mode: .invalidate))
        try await eventually("what came before the second is gone") { !isLive(new) }
        #expect(worker.upkeep.task(first.id)?.state == .running)
        try ImmutableFile.set(false, stuck)
        for task in [first, second] { try await worker.finished(task) }
        #expect(!isLive(stuck))
        try await eventually("the problem is gone") { worker.board.problem == nil }
        try await worker.stop()
    }

    @Test func `a late fill in a cache that fails meanwhile is caught by the guard of a purge that waits`() async throws
    {
        let stuck = try fixture.store("http://a.test/", tags: "t")
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let worker = try worker(window: .seconds(1))
        try await worker.startAndScan()
        let offset = try await stick(stuck, try WorkerFixture.event(tag: "t"), worker)
        worker.set(.fails, of: other.path)
        try await eventually("the watcher fails") { worker.board.hasProblem(.cache(other.path)) }
        let late = try CacheFixture(path: other.path).store("http://a.test/late", tags: "t")
        let later = try worker.enqueue([try WorkerFixture.event(tag: "later")])
        try await eventually("a later guard begins") { worker.board.guardStatus.standing == 2 }
        try await eventually("and ends") { worker.board.guardStatus.standing <= 1 }
        worker.set(nil, of: other.path)
        try await eventually("the later purge is applied") { worker.isApplied(later) }
        try ImmutableFile.set(false, stuck)
        try await eventually("the purge is applied") { worker.isApplied(offset) }
        try await eventually("the late fill is purged") { !isLive(late) }
        try await eventually("no guard is left") { worker.board.guardStatus.standing == 0 }
        try await worker.stop()
    }

    @Test func `an agent with nothing that it could do sleeps`() async throws {
        let stuck = try fixture.store("http://a.test/", tags: "t")
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let clock = TestClock(.stands)
        let fixture = try WorkerFixture(
            state: state, caches: [files.path, other.path], clock: clock, guardWindow: .milliseconds(10))
        let target = try fixture.target()
        func round() throws -> [PurgeStep] {
            let steps = try fixture.round(target)
            try target.keepUp(isIdle: true)
            return steps
        }
        try target.start()
        _ = try round()
        #expect(target.isReady)
        let offset = try fixture.enqueue([try WorkerFixture.event(tag: "t")])
        let taken = try #require(fixture.queue.takePurges(1).first)
        try target.begin(
            PurgeJob(
                key: taken.key, event: try #require(taken.event), newestDate: nil, started: clock.instant,
                progress: PurgeProgress()))
        #expect(try round().map(\.state) == [.later])
        #expect(offset == taken.key.offset)
        try FileManager.default.removeItem(atPath: other.path)
        #expect(fixture.upkeep.flush(paths: [other.path], mode: .delete) != nil)
        clock.advance(by: .milliseconds(100))
        for _ in 0..<3 { _ = try round() }
        #expect(target.patience(clock.instant) > .milliseconds(100), "\(fixture.board.guardStatus)")
        try ImmutableFile.set(false, stuck)
        clock.advance(by: .seconds(60))
        #expect(target.patience(clock.instant) == .zero)
        #expect(try round().map(\.state) == [.done])
        #expect(!isLive(stuck))
        fixture.caches.close()
        fixture.database.close()
    }

    /// A variant that has no tag is found by the one that has it.
    ///
    /// An earlier form forgot that one first.
    @Test(arguments: ["restart", "rebuild", "many"])
    func `variants without the tag are marked in the end, whatever happens meanwhile`(_ what: String) async throws {
        let url = "http://stuck.test/menu"
        let tagged = try fixture.store(url, tags: "t", hasVary: true)
        // More of them than are remembered one by one.
        let plain = try (0..<(what == "many" ? 1100 : 1)).map {
            try fixture.store(url, variant: "variant-\($0)", hasVary: true)
        }
        try ImmutableFile.set(true, plain)
        defer { try? ImmutableFile.set(false, plain) }
        var worker = try worker()
        try await worker.startAndScan()
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("it waits") { worker.board.problem != nil && !isLive(tagged) }
        if what == "restart" {
            try await worker.stop()
            worker = try self.worker()
            try await worker.startAndScan()
            try await eventually("it is told again") { worker.board.problem != nil }
        }
        if what == "rebuild" { try await worker.finished(worker.upkeep.rebuild()) }
        try await worker.apply([try WorkerFixture.event(tag: "another")])
        #expect(!worker.isApplied(offset))
        try ImmutableFile.set(false, plain)
        try await eventually("it is applied", within: .seconds(60)) { worker.isApplied(offset) }
        #expect(!plain.contains(where: isLive))
        try await worker.stop()
    }

    @Test func `a flush that an operator asked for holds up no purge after a restart`() async throws {
        let stuck = try fixture.store("http://stuck.test/a", tags: "stuck")
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let first = try worker()
        try await first.startAndScan()
        _ = first.upkeep.flush(paths: [files.path], mode: .delete)
        try await eventually("it is told") { first.board.problem?.contains(stuck) == true }
        try await first.stop()
        let second = try worker()
        try await second.startAndScan()
        try await second.apply([try WorkerFixture.event(tag: "another")])
        #expect(isLive(stuck))
        try ImmutableFile.set(false, stuck)
        try await eventually("the flush is done", within: .seconds(60)) { !isLive(stuck) }
        try await second.stop()
    }
}
