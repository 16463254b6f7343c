import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite(.serialized) struct FilesTargetFailureTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    @Test func `while the watcher fails nothing is acknowledged, and it goes on by itself when the cause is gone`()
        async throws
    {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        try await worker.startAndScan()
        worker.set(.fails)
        let file = try fixture.store("http://a.test/", tags: "t")
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("the problem is told") { worker.board.problem?.contains("a faulty watcher") == true }
        try await eventually("it is tried again") { worker.board.counts.errors >= 2 }
        #expect(!worker.isApplied(offset))
        #expect(isLive(file))
        worker.set(nil)
        try await eventually("the purge is applied") { worker.isApplied(offset) }
        try await eventually("the problem is gone") { worker.board.problem == nil }
        #expect(!isLive(file))
        try await worker.stop()
    }

    @Test(arguments: FaultyWatcher.kinds)
    func `watcher overflow: everything is looked at before anything is acknowledged`(_ kind: WatcherKind) async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], kind: kind, guardWindow: .zero)
        try await worker.startAndScan()
        for round in 0..<10 {
            worker.set(.overflowsOnce)
            let stored = try (0..<50).map { try fixture.store("http://a.test/\(round)/\($0)", tags: "t") }
            let told = try await worker.apply([try WorkerFixture.event(tag: "t")])
            check(!stored.contains(where: isLive), "round \(round)")
            check(told.first?.removed == 50, "round \(round)")
        }
        try await worker.stop()
    }

    @Test func `watcher overflow: a real one of inotify loses no purge`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], kind: .inotify)
        let one = try fixture.store("http://a.test/first", tags: "t")
        try await worker.startAndScan()
        worker.set(.sleeps)
        let limit = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let events = try #require(Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)))
        for _ in 0..<events / 4 + 100 {
            guard unsafe rename(one, one + ".x") == 0, unsafe rename(one + ".x", one) == 0 else {
                throw NeverHappened(what: "a file is renamed")
            }
        }
        let two = try fixture.store("http://a.test/second", tags: "t")
        worker.set(nil)
        let told = try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(one))
        #expect(!isLive(two))
        #expect(told.first?.removed == 2)
        try await worker.stop()
    }

    @Test(.enabled(if: ImmutableFile.isPossible, "needs root, and a file system that knows immutable files"))
    func `a file that cannot be changed holds up its own purge only`() async throws {
        let stuck = try fixture.store("http://a.test/stuck", tags: "stuck")
        let free = try fixture.store("http://a.test/free", tags: "free")
        try ImmutableFile.set(true, stuck)
        defer { try? ImmutableFile.set(false, stuck) }
        let worker = try WorkerFixture(state: state, caches: [files.path])
        try await worker.startAndScan()
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "stuck"), try WorkerFixture.event(tag: "free")])
        try await eventually("the other purge is applied") { worker.isApplied(offset + 1) }
        try await eventually("the problem is told") { worker.board.problem != nil }
        #expect(!isLive(free))
        #expect(!worker.isApplied(offset))
        try ImmutableFile.set(false, stuck)
        try await eventually("its own purge is applied") { worker.isApplied(offset) }
        try await eventually("the problem is gone") { worker.board.problem == nil }
        #expect(!isLive(stuck))
        #expect(worker.board.counts.objectsRemoved == 2)
        try await worker.stop()
    }

    @Test func `a level directory that became a file holds nothing up`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        let file = try fixture.store("http://a.test/", tags: "t")
        try await worker.startAndScan()
        try FileManager.default.removeItem(atPath: String(file.dropLast(33)))
        #expect(FileManager.default.createFile(atPath: String(file.dropLast(33)), contents: nil))
        let told = try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(told.first?.removed == 0)
        try await worker.stop()
    }

    @Test func `with a closed database nothing is acknowledged, and the worker still ends when told`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        try await worker.startAndScan()
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("the purge is applied") { worker.isApplied(offset) }
        worker.database.close()
        try fixture.store("http://a.test/", tags: "t")
        try await eventually("the problem is told") { worker.board.problem != nil }
        try await worker.stop()
    }

    @Test(arguments: 0..<10)
    func `a crash at any moment loses no purge and removes nothing else`(_ number: Int) async throws {
        var random = SeededGenerator()
        let second = try TemporaryDirectory()
        let caches = [fixture, CacheFixture(path: second.path, levels: [2, 2])]
        let tags = ["a", "b", "c", "d"]
        var stored: [(file: String, tags: Set<String>)] = []
        for number in 0..<1200 {
            let own = Set(tags.filter { _ in random.once(in: 3) })
            let file = try random.pick(caches).store("http://a.test/\(number)", tags: own.joined(separator: ","))
            stored.append((file, own))
        }
        let purged = Set((0..<random.number(2...4)).map { _ in random.pick(["a", "b", "c"]) })
        var removed = 0
        var events = try purged.map { try WorkerFixture.event(tag: $0) }
        var crashes = 0
        for attempt in 0..<20 {
            // The database closes under the worker just before it marks files, so that what it then does is not
            // recorded.
            let looks = attempt < 3 ? random.number(1...10) : 0
            let closing = DatabaseCloser()
            let clock = TestClock(.runs, atLook: looks) { closing.close() }
            let worker = try WorkerFixture(state: state, caches: [files.path, second.path], clock: clock)
            closing.set(worker.database)
            if !events.isEmpty { try worker.enqueue(events) }
            events = []
            worker.start()
            try await eventually("all is applied, or it crashed, seed \(random.seed)") {
                worker.board.problem != nil || (!worker.board.isScanning && worker.queue.count == 0)
            }
            let isDone = worker.queue.count == 0
            try await worker.stop()
            removed += worker.board.summary.recent.reduce(0) { $0 + $1.removed }
            if isDone { break }
            crashes += 1
        }
        for (file, tags) in stored {
            check(
                isLive(file) == tags.isDisjoint(with: purged),
                "\(tags) \(purged), \(crashes) crashes, seed \(random.seed)")
        }
        let named = stored.count { !$0.tags.isDisjoint(with: purged) }
        check(removed == named, "\(removed) removed, \(named) named, \(crashes) crashes, seed \(random.seed)")
        let last = try WorkerFixture(state: state, caches: [files.path, second.path])
        check(last.board.counts.objectsIndexed == stored.count - named, "objects counted, seed \(random.seed)")
        check(try last.index.countedTotals() == last.board.indexed, "bytes counted, seed \(random.seed)")
        check(try TestDatabase.count("objects", last.database) == stored.count - named, "objects, seed \(random.seed)")
        check(try TestDatabase.count("queue", last.database) == 0, "the queue is not empty, seed \(random.seed)")
        try await last.stop()
    }
}
