import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Rebuilding and flushing while purges come.
@Suite(.serialized) struct UpkeepTests: OverCacheBench {
    let bench: CacheBench
    private let other: TemporaryDirectory

    init() throws {
        bench = try CacheBench()
        other = try TemporaryDirectory()
    }

    @Test func `while the index is made anew nothing is acknowledged that is not true`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        let stored = try (0..<2000).map { try fixture.store("http://a.test/\($0)", tags: "t\($0 % 20)") }
        try await worker.startAndScan()
        var offsets: [Int64: Int] = [:]
        for round in 0..<4 {
            let task = worker.upkeep.rebuild()
            for tag in (round * 4)..<(round * 4 + 4) {
                offsets[try worker.enqueue([try WorkerFixture.event(tag: "t\(tag)")])] = tag
                for (offset, tag) in offsets where worker.isApplied(offset) {
                    let left = stored.enumerated().filter { $0.offset % 20 == tag && isLive($0.element) }
                    check(left.isEmpty, "purge \(offset) is told as applied, and \(left.count) are left")
                }
            }
            try await worker.finished(task)
        }
        try await eventually("all are applied") { offsets.keys.allSatisfy(worker.isApplied) }
        for (number, file) in stored.enumerated() { check(isLive(file) == (number % 20 >= 16), "\(number)") }
        #expect(try TestDatabase.count("objects", worker.database) == 400)
        #expect(worker.board.counts.objectsIndexed == 400)
        try await worker.stop()
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `a flush takes all of one cache, and nothing of another`(_ mode: PurgeMode) async throws {
        let second = CacheFixture(path: other.path)
        let worker = try WorkerFixture(state: state, caches: [files.path, other.path])
        let stored = try (0..<3000).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        let kept = try (0..<50).map { try second.store("http://a.test/\($0)", tags: "t") }
        try await worker.startAndScan()
        let task = try await worker.finished(worker.upkeep.flush(paths: [files.path], mode: mode))
        #expect(task.handled == 3000)
        let isFresh = { (file: String) in
            CacheFixture.version(file) == 5 && CacheFixture.validUntil(file) == 4_000_000_000
        }
        #expect(!stored.contains(where: isFresh))
        #expect(kept.allSatisfy(isFresh))
        #expect(worker.board.counts.flushes == 1)
        #expect(worker.board.counts.objectsRemoved == 3000)
        #expect(worker.board.counts.objectsIndexed == (mode == .delete ? 50 : 3050))
        try await worker.finished(worker.upkeep.flush(paths: nil, mode: .delete))
        #expect(!kept.contains(where: isLive))
        try await worker.stop()
    }

    @Test func `a flush that a crash broke off is finished before anything is acknowledged`() async throws {
        let stored = try (0..<100).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        let first = try WorkerFixture(state: state, caches: [files.path])
        try first.database.write { first.database.meta.flushes.put(0, CacheFlush(mode: .delete), into: &$0) }
        try await first.startAndScan()
        #expect(!stored.contains(where: isLive))
        #expect(first.board.counts.flushes == 1)
        try await first.stop()
        // Done, but not on the disk for sure: only a power loss repeats it.
        let file = try fixture.store("http://a.test/new", tags: "t")
        let second = try WorkerFixture(state: state, caches: [files.path])
        try await second.startAndScan()
        #expect(isLive(file))
        try second.database.write { second.database.meta.flushes.put(0, CacheFlush(mode: .delete), into: &$0) }
        try await second.stop()
        let third = try WorkerFixture(state: state, caches: [files.path])
        try await third.startAndScan()
        #expect(!isLive(file))
        try await third.stop()
    }

    @Test func `requests that nobody could ever need are refused`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        for _ in 0..<8 { #expect(worker.upkeep.verify() != nil) }
        #expect(worker.upkeep.verify() == nil)
        try await worker.startAndScan()
        try await eventually("all are done") { (1...8).allSatisfy { worker.upkeep.task($0)?.state == .done } }
        #expect(worker.upkeep.verify() != nil)
        try await worker.stop()
    }

    // MARK: Other directories

    @Test(arguments: FaultyWatcher.kinds)
    func `cache directory gone: it is waited for, and looked through when it is back`(
        _ kind: WatcherKind
    ) async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path, other.path], kind: kind)
        try fixture.store("http://a.test/old", tags: "t")
        let kept = try CacheFixture(path: other.path).store("http://a.test/other", tags: "o")
        try await worker.startAndScan()
        try FileManager.default.removeItem(atPath: files.path)
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("it is told") { worker.board.problem?.contains(files.path) == true }
        #expect(!worker.isApplied(offset))
        try FileManager.default.createDirectory(atPath: files.path, withIntermediateDirectories: false)
        try await eventually("it goes on by itself") { worker.isApplied(offset) && worker.board.problem == nil }
        #expect(worker.board.counts.flushes == 0, "there was nothing to flush")
        #expect(worker.board.counts.objectsIndexed == 1)
        // Another tag: what the first purge names is still under its guard.
        let file = try fixture.store("http://a.test/new", tags: "n")
        let told = try await worker.apply([try WorkerFixture.event(tag: "n")])
        #expect(told.first?.removed == 1)
        #expect(!isLive(file))
        #expect(isLive(kept))
        try await worker.stop()
    }

    @Test(arguments: FaultyWatcher.kinds)
    func `cache directory made anew or mounted over: what it holds may have missed purges, and is flushed`(
        _ kind: WatcherKind
    ) async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path, other.path], kind: kind)
        let old = try fixture.store("http://a.test/old", tags: "t")
        let kept = try CacheFixture(path: other.path).store("http://a.test/other", tags: "o")
        try await worker.startAndScan()
        // As after `umount` and `mount`: first an empty directory takes its place, then what was there before comes
        // back.
        let aside = files.path + "-aside"
        defer { try? FileManager.default.removeItem(atPath: aside) }
        try FileManager.default.moveItem(atPath: files.path, toPath: aside)
        try FileManager.default.createDirectory(atPath: files.path, withIntermediateDirectories: false)
        try await eventually("the empty directory is noticed") { worker.board.counts.objectsIndexed == 1 }
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        try FileManager.default.removeItem(atPath: files.path)
        try FileManager.default.moveItem(atPath: aside, toPath: files.path)
        #expect(isLive(old))
        // Nothing happens in it; it is noticed all the same.
        try await eventually("what had missed the purge is flushed") { !isLive(old) && !worker.board.isScanning }
        #expect(worker.board.counts.flushes == 1)
        #expect(isLive(kept))
        try await worker.stop()
    }
}
