import Foundation
import LinuxFiles
import PrometheusText
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Attack A1: nginx reads a file's header for a 304, the agent marks the file deleted, nginx writes the header back.
///
/// In version 0.1.0 the old page was served until its TTL: the mark was lost, and the index had let the object go.
@Suite(.serialized) struct MarkKeeperTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    /// What removes the object.
    enum Remover: CaseIterable, Sendable { case purge, flush, lateFill, lateFind }

    /// The header that nginx has read, to be written back.
    private func header(_ file: String) throws -> [UInt8] {
        Array(try #require(FileManager.default.contents(atPath: file)).prefix(336))
    }

    private func writeBack(_ headers: [(file: String, bytes: [UInt8])]) throws {
        for header in headers { try fixture.patch(header.file, at: 0, header.bytes) }
    }

    private var oldDate: Int64 { SystemClock().now.milliseconds / 1000 - 100 }

    @Test(arguments: Remover.allCases)
    func `a header that is written back over the mark does not bring the object back`(_ remover: Remover) async throws {
        let window: Duration = remover == .lateFill ? .seconds(60) : .zero
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: window)
        let other = try fixture.store("http://a.test/other", tags: "other")
        var file = ""
        if remover != .lateFill { file = try fixture.store("http://a.test/x", tags: "t", date: oldDate) }
        try await worker.startAndScan()
        switch remover {
        case .purge: try await worker.apply([try WorkerFixture.event(tag: "t")])
        case .flush:
            try CacheFixture.remove(other)
            try await worker.finished(worker.upkeep.flush(paths: nil, mode: .delete))
            try fixture.store("http://a.test/other", tags: "other")
        case .lateFill:
            try await worker.apply([try WorkerFixture.event(tag: "t")])
            file = try fixture.store("http://a.test/x", tags: "t", date: oldDate)
            try await eventually("the late response goes") { !isLive(file) }
        case .lateFind:
            try worker.forget([file])
            try await worker.finished(worker.upkeep.verify())
        }
        #expect(!isLive(file))
        // Twice: also what was marked again is looked at again.
        for round in 1...2 {
            try fixture.patch(file, at: 0, [5])
            try await eventually("it is deleted again, \(remover)") { !isLive(file) }
            try await eventually("it is counted") { worker.board.counters.undoneMarks.value == round }
        }
        #expect(isLive(other))
        #expect(worker.board.problem == nil)
        try await worker.stop()
    }

    @Test func `a header that is written back after almost a minute is found too`() throws {
        let clock = TestClock(.stands)
        let worker = try WorkerFixture(state: state, caches: [files.path], clock: clock, guardWindow: .zero)
        defer { worker.database.close() }
        _ = try worker.caches.reopen(0)
        defer { worker.caches.close() }
        let file = try fixture.store("http://a.test/x", tags: "t")
        try fixture.patch(file, at: 0, [0])
        var marks = MarkKeeper(worker.context)
        var commit = try IndexCommit(worker.index, worker.board)
        marks.note([try key(file)])
        for _ in 0..<59 {
            clock.advance(by: .seconds(1))
            try marks.look(&commit, isBusy: false) { _ in true }
        }
        try fixture.patch(file, at: 0, [5])
        clock.advance(by: .seconds(1))
        try marks.look(&commit, isBusy: false) { _ in true }
        #expect(!isLive(file))
        #expect(worker.board.counters.undoneMarks.value == 1)
        #expect(marks.pause(clock.instant) == .milliseconds(250), "it is looked at from the beginning")
    }

    @Test func `objects beyond those that are remembered are found when the time is over`() async throws {
        let worker = try WorkerFixture(
            state: state, caches: [files.path], clock: TestClock(.rushes(.milliseconds(500))), guardWindow: .zero,
            marksMax: 10)
        let stored = try (0..<200).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        let kept = try (0..<50).map { try fixture.store("http://a.test/kept/\($0)", tags: "k") }
        try await worker.startAndScan()
        let headers = try stored.map { (file: $0, bytes: try header($0)) }
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!stored.contains(where: isLive))
        try writeBack(headers)
        try await eventually("all are deleted again", within: .seconds(60)) { !stored.contains(where: isLive) }
        try await eventually("those beyond the bound were found late") {
            worker.board.counters.foundLate.value + worker.board.counters.undoneMarks.value == 200
        }
        #expect(worker.board.counters.foundLate.value >= 190)
        #expect(kept.allSatisfy(isLive))
        #expect(worker.board.counts.objectsIndexed == 50)
        try await worker.stop()
    }

    @Test func `with more than can be remembered a new index is not trusted`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero, marksMax: 0)
        let file = try fixture.store("http://a.test/x", tags: "t")
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        try fixture.patch(file, at: 0, [5])
        try await worker.finished(worker.upkeep.rebuild())
        try await eventually("the cache is flushed") { !isLive(file) }
        try await worker.stop()
    }

    @Test(arguments: [Duration.zero, .seconds(60)])
    func `a restart in between`(_ window: Duration) async throws {
        // Nothing is remembered, as if the agent had died before it could look.
        let first = try WorkerFixture(state: state, caches: [files.path], guardWindow: window, marksMax: 0)
        let file = try fixture.store("http://a.test/x", tags: "t")
        let other = try fixture.store("http://a.test/other", tags: "other")
        try await first.startAndScan()
        try await first.apply([try WorkerFixture.event(tag: "t")])
        try fixture.patch(file, at: 0, [5])
        try await first.followsOn()
        try await first.stop()
        #expect(isLive(file))
        let second = try WorkerFixture(state: state, caches: [files.path], guardWindow: window, marksMax: 0)
        try await second.startAndScan()
        try await eventually("it is deleted again") { !isLive(file) }
        #expect(isLive(other))
        try await second.stop()
    }

    /// Attack: nginx had read the header before the mark, the agent died, and nginx wrote it back after the next one
    /// had looked through the cache: nobody looked at the file again.
    @Test(arguments: [Remover.purge, .flush])
    func `a header that is written back after a restart`(_ remover: Remover) async throws {
        let first = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let file = try fixture.store("http://a.test/x", tags: "t", date: oldDate)
        try await first.startAndScan()
        if remover == .purge {
            try await first.apply([try WorkerFixture.event(tag: "t")])
        } else {
            try await first.finished(first.upkeep.flush(paths: nil, mode: .delete))
        }
        try await first.stop()
        let other = try fixture.store("http://a.test/other", tags: "t")
        let second = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        try await second.startAndScan()
        #expect(!isLive(file))
        try fixture.patch(file, at: 0, [5])
        try await eventually("it is deleted again") { !isLive(file) }
        try await eventually("it is counted") { second.board.counters.undoneMarks.value == 1 }
        #expect(isLive(other))
        try await second.stop()
    }

    @Test func `what is stored anew stays`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let marked = try fixture.store("http://a.test/marked", tags: "t")
        let urls = (0..<100).map { "http://a.test/\($0)" }
        for url in urls { try fixture.store(url, tags: "t") }
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        let stored = try urls.map { try fixture.store($0, tags: "t") }
        // Looked at after all the others.
        try fixture.patch(marked, at: 0, [5])
        try await eventually("it is deleted again") { !isLive(marked) }
        #expect(stored.allSatisfy(isLive))
        #expect(worker.board.counters.undoneMarks.value == 1)
        #expect(worker.board.counts.objectsIndexed == 100)
        try await worker.stop()
    }

    @Test func `what an overflow hides does not bring the object back`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let file = try fixture.store("http://a.test/x", tags: "t")
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        worker.set(.overflowsOnce)
        try fixture.patch(file, at: 0, [5])
        try fixture.store("http://a.test/y", tags: "u")
        try await eventually("the cache is looked through") { worker.board.counters.watcherOverflows.value == 1 }
        try await eventually("it is deleted again") { !isLive(file) }
        try await eventually("the index lets it go") { worker.board.counts.objectsIndexed == 1 }
        try await worker.stop()
    }

    @Test(.enabled(if: ImmutableFile.isPossible, "needs root, and a file system that knows immutable files"))
    func `one that cannot be marked again is told, and tried again`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        let file = try fixture.store("http://a.test/x", tags: "t")
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        try fixture.patch(file, at: 0, [5])
        try ImmutableFile.set(true, file)
        defer { try? ImmutableFile.set(false, file) }
        try await eventually("it is told") { worker.board.hasProblem(.marks) || !isLive(file) }
        try ImmutableFile.set(false, file)
        try await eventually("it is deleted again") { !isLive(file) }
        try await eventually("the problem is gone") { worker.board.problem == nil }
        try await worker.stop()
    }

    @Test func `each is looked at four times, the last time a minute after its mark`() throws {
        let clock = TestClock(.stands)
        let worker = try WorkerFixture(state: state, caches: [files.path], clock: clock, guardWindow: .zero)
        defer { worker.database.close() }
        _ = try worker.caches.reopen(0)
        defer { worker.caches.close() }
        let file = try fixture.store("http://a.test/x", tags: "t")
        try fixture.patch(file, at: 0, [0])
        var marks = MarkKeeper(worker.context)
        var commit = try IndexCommit(worker.index, worker.board)
        #expect(marks.pause(clock.instant) == nil)
        marks.note([try key(file)])
        var pauses: [Duration] = []
        while let pause = marks.pause(clock.instant), pauses.count < 10 {
            pauses.append(pause)
            clock.advance(by: pause)
            try marks.look(&commit, isBusy: false) { _ in true }
        }
        #expect(pauses == [.milliseconds(250), .milliseconds(1750), .seconds(13), .seconds(45)])
        #expect(marks.takeUncertain().isEmpty)
    }

    @Test func `beyond its bound it names the cache, once the time is over`() throws {
        let clock = TestClock(.stands)
        let worker = try WorkerFixture(state: state, caches: [files.path], clock: clock, guardWindow: .zero)
        defer { worker.database.close() }
        let keys = try (0..<30).map { try key(CacheFixture.name("\($0)")) }
        var marks = MarkKeeper(worker.context, countMax: 10)
        marks.note(keys)
        #expect(marks.takeUncertain().isEmpty)
        clock.advance(by: .seconds(30))
        marks.note(keys)
        clock.advance(by: .seconds(30))
        #expect(marks.takeUncertain() == [0], "for those of the beginning")
        #expect(marks.takeUncertain().isEmpty)
        clock.advance(by: .seconds(30))
        #expect(marks.takeUncertain() == [0], "for those that came half a minute later")
        #expect(marks.takeUncertain().isEmpty)
        marks.note(keys)
        #expect(marks.beginAnew() == [0])
        #expect(marks.beginAnew().isEmpty)
    }

    private func key(_ file: String) throws -> ObjectKey {
        let name = try #require(CacheFileName(String(file.suffix(32))))
        return ObjectKey.file(cache: 0, name: name, levels: try #require(DirectoryLevels(directory: "a/bc")))
    }
}
