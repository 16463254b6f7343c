import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite(.serialized) struct SpaceReclaimerTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    private func store(_ name: String, tags: String = "t", bytes: Int = 50_000) throws -> String {
        let key = "http://a.test/\(name)"
        return try fixture.store(
            CacheFixture.bytes(
                key: key, head: "Cache-Tag: \(tags)\r\n", body: String(repeating: "x", count: bytes),
                date: SystemClock().now.milliseconds / 1000 - 100),
            name: CacheFixture.name(key))
    }

    private func allocated(_ file: String) -> Int {
        var status = stat()
        return unsafe stat(file, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    private func isEmpty(_ file: String) -> Bool { allocated(file) == 4096 && !isLive(file) }

    private func fixture(
        _ reclaim: ReclaimMode, deletedMax: Int = DeletedFiles.countMax, space: FakeSpace = FakeSpace()
    ) throws -> WorkerFixture {
        try WorkerFixture(
            state: state, caches: [files.path], guardWindow: .zero, reclaim: reclaim, deletedMax: deletedMax,
            space: space)
    }

    /// Goes on until everything that waits has been tried.
    private func reclaim(_ worker: WorkerFixture, until isDone: () -> Bool) async throws {
        try await eventually("the bytes are given back; \(worker.board.space), \(worker.board.problem ?? "")") {
            worker.context.space.step()
            return isDone()
        }
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `what a purge deletes is emptied, and nothing else`(_ mode: PurgeMode) async throws {
        let worker = try fixture(.now)
        let deleted = try (0..<100).map { try store("\($0)") }
        let kept = try store("kept", tags: "k")
        let small = try store("small", bytes: 10)
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t", mode: mode)])
        if mode == .delete {
            #expect(deleted.allSatisfy { allocated($0) > 50_000 }, "no purge waits for that")
            try await reclaim(worker) { deleted.allSatisfy(isEmpty) }
            #expect(worker.board.space.files == 100)
            #expect(worker.board.space.bytes == Int64(100 * (allocated(kept) - 4096)))
        } else {
            worker.context.space.step()
            #expect(deleted.allSatisfy { isLive($0) && allocated($0) > 50_000 })
        }
        #expect(worker.board.space.waitingFiles == 0 && worker.board.space.waitingBytes == 0)
        #expect(isLive(kept) && allocated(kept) > 50_000)
        #expect(worker.board.problem == nil)
        #expect(isLive(small) == (mode == .invalidate))
        // What its own watcher tells of this is no object, and no mark that is to be looked at.
        try await worker.finished(worker.upkeep.verify())
        #expect(worker.board.counts.objectsIndexed == (mode == .delete ? 1 : 102))
        #expect(worker.board.counts.repaired == 0)
        try await worker.stop()
    }

    @Test func `what a flush deletes is emptied`() async throws {
        let worker = try fixture(.now)
        let file = try store("flushed")
        try await worker.startAndScan()
        try await worker.finished(worker.upkeep.flush(paths: nil, mode: .delete))
        try await reclaim(worker) { isEmpty(file) }
        try await worker.stop()
    }

    @Test func `what was stored again stays`() async throws {
        let worker = try fixture(.now)
        let file = try store("page")
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(try store("page", tags: "new") == file)
        // The watcher may not have told of it, and the file is looked at all the same.
        worker.context.space.step()
        #expect(isLive(file))
        try await eventually("the agent knows it") { worker.board.counts.objectsIndexed == 1 }
        try await worker.apply([try WorkerFixture.event(tag: "new")])
        try await reclaim(worker) { isEmpty(file) }
        try await worker.stop()
    }

    @Test func `with low_disk nothing is emptied while there is room, and the oldest first when there is not`()
        async throws
    {
        let space = FakeSpace()
        let worker = try fixture(.lowDisk, space: space)
        let old = try (0..<64).map { try store("old/\($0)", tags: "old") }
        let new = try (0..<64).map { try store("new/\($0)", tags: "new") }
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "old")])
        try await worker.apply([try WorkerFixture.event(tag: "new")])
        space.freeBytes = 10
        worker.context.space.step()
        #expect(worker.board.space.files == 0)
        #expect(worker.board.space.waitingFiles == 128)
        #expect(worker.board.space.waitingBytes >= 128 * 50_000)
        space.freeBytes = 9
        worker.context.space.step()
        #expect(old.allSatisfy(isEmpty))
        #expect(!new.contains(where: isEmpty))
        space.freeBytes = 10
        worker.context.space.step()
        #expect(worker.board.space.waitingFiles == 64)
        try await worker.stop()
    }

    @Test func `deleted files beyond those that are remembered are looked for`() async throws {
        let worker = try fixture(.now, deletedMax: 10)
        let deleted = try (0..<300).map { try store("\($0)") }
        let kept = try (0..<300).map { try store("kept/\($0)", tags: "k") }
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(worker.board.space.files == 0)
        try await reclaim(worker) { deleted.allSatisfy(isEmpty) }
        #expect(kept.allSatisfy { isLive($0) && allocated($0) > 50_000 })
        try await worker.stop()
    }

    @Test func `after a restart the deleted files are known again`() async throws {
        let first = try fixture(.nginx)
        let file = try store("page")
        let kept = try store("kept", tags: "k")
        try await first.startAndScan()
        try await first.apply([try WorkerFixture.event(tag: "t")])
        first.context.space.step()
        #expect(first.board.space.waitingFiles == 0, "nobody wants to know")
        try await first.stop()
        let worker = try fixture(.now)
        try await worker.startAndScan()
        try await reclaim(worker) { isEmpty(file) }
        #expect(isLive(kept))
        try await worker.stop()
    }

    @Test(.enabled(if: ImmutableFile.isPossible, "needs chattr"))
    func `a file that cannot be emptied is told, tried again, and given up; the others are emptied`() async throws {
        // Where files can be made immutable.
        let directory = URL(filePath: NSTemporaryDirectory()).appending(path: "edge-purge-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let clock = TestClock(.stands)
        let worker = try WorkerFixture(
            state: state, caches: [directory], clock: clock, guardWindow: .zero, reclaim: .now,
            reclaimDelay: .seconds(1))
        let fixture = CacheFixture(path: directory)
        let stored = try (0..<3).map { number in
            let key = "http://a.test/\(number)"
            let bytes = CacheFixture.bytes(key: key, head: "", body: String(repeating: "x", count: 50_000))
            let file = try fixture.store(bytes, name: CacheFixture.name(key))
            try fixture.patch(file, at: 0, [0])
            return file
        }
        defer { worker.database.close() }
        _ = try worker.caches.reopen(0)
        defer { worker.caches.close() }
        try ImmutableFile.set(true, stored[0])
        defer { try? ImmutableFile.set(false, stored[0]) }
        let space = worker.context.space
        space.deleted(
            try stored.map { file in
                let name = try #require(CacheFileName(String(file.suffix(32))))
                let levels = try #require(DirectoryLevels(directory: "a/bc"))
                return (ObjectKey.file(cache: 0, name: name, levels: levels), 50)
            })
        space.step()
        #expect(worker.board.space.waitingFiles == 3, "a page that visitors ask for comes back by itself")
        clock.advance(by: .seconds(1))
        space.step()
        #expect(worker.board.problem?.contains(stored[0]) == true, "\(worker.board.problem ?? "none")")
        #expect(worker.board.space.files == 0)
        space.step()
        #expect(worker.board.space.files == 0, "the cache is left alone for a while")
        for _ in 0..<4 {
            clock.advance(by: .seconds(20))
            space.step()
        }
        #expect(stored[1...].allSatisfy(isEmpty))
        #expect(worker.board.space.files == 2)
        #expect(worker.board.space.givenUp == 1)
        clock.advance(by: .seconds(20))
        space.step()
        #expect(worker.board.problem == nil)
        #expect(allocated(stored[0]) > 50_000)
        #expect(worker.board.space.waitingFiles == 0)
    }

    @Test func `with nginx nothing is remembered and nothing is done`() async throws {
        let space = FakeSpace()
        space.freeBytes = 0
        let worker = try fixture(.nginx, space: space)
        let file = try store("page")
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!worker.context.space.isEnabled)
        #expect(worker.board.space == SpaceStatus(mode: "nginx"))
        #expect(allocated(file) > 50_000)
        try await worker.stop()
    }
}
