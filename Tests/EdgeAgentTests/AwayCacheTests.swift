import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// One of two caches is away, or cannot be watched: purges are applied to the other at once, and confirmed when both
/// have them.
///
/// In version 0.1.0 nothing was purged anywhere while the directory of one cache was gone, and SIGHUP without it did
/// nothing.
@Suite(.serialized) struct AwayCacheTests: OverCacheBench {
    /// What comes back in place of a directory.
    enum Return: CaseIterable, Sendable { case same, another, empty }

    let bench: CacheBench
    private let other: TemporaryDirectory
    private var second: CacheFixture { CacheFixture(path: other.path) }
    private var paths: [String] { [files.path, other.path] }
    private var aside: String { files.path + "-aside" }

    init() throws {
        bench = try CacheBench()
        other = try TemporaryDirectory()
    }

    private func worker(window: Duration = .milliseconds(300)) throws -> WorkerFixture {
        try WorkerFixture(state: state, caches: paths, guardWindow: window)
    }

    private func takeAway() throws { try FileManager.default.moveItem(atPath: files.path, toPath: aside) }

    private func giveBack(_ what: Return) throws {
        let manager = FileManager.default
        switch what {
        case .same: return try manager.moveItem(atPath: aside, toPath: files.path)
        case .another: try manager.copyItem(atPath: aside, toPath: files.path)
        case .empty: try manager.createDirectory(atPath: files.path, withIntermediateDirectories: false)
        }
        try manager.removeItem(atPath: aside)
    }

    private func isTold(_ worker: WorkerFixture) -> Bool { worker.board.problem?.contains(files.path) == true }

    @Test(arguments: Return.allCases)
    func `a directory that is gone for a while`(_ what: Return) async throws {
        let here = try fixture.store("http://a.test/here", tags: "t")
        let there = try second.store("http://a.test/there", tags: "t")
        let kept = [
            try fixture.store("http://a.test/kept", tags: "k"), try second.store("http://a.test/kept2", tags: "k"),
        ]
        let worker = try worker()
        try await worker.startAndScan()
        try takeAway()
        defer { try? FileManager.default.removeItem(atPath: aside) }
        try await eventually("it is told: \(worker.board.problem ?? "")") { isTold(worker) }
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t"), try WorkerFixture.event(tag: "nobody")])
        try await eventually("what is named in the other cache goes") { !isLive(there) }
        try await worker.finished(worker.upkeep.verify())
        try await worker.finished(worker.upkeep.flush(paths: [other.path], mode: .invalidate))
        try await eventually("guards end") { worker.board.guardStatus.standing == 0 }
        #expect(!worker.isApplied(offset) && !worker.isApplied(offset + 1))
        try giveBack(what)
        try await eventually("both are applied") { worker.isApplied(offset) && worker.isApplied(offset + 1) }
        try await eventually("the problem is gone") { worker.board.problem == nil }
        #expect(!isLive(here))
        #expect(isLive(kept[0]) == (what == .same), "another directory may have missed purges, and is flushed")
        #expect(isLive(kept[1]))
        try await worker.stop()
    }

    @Test(.enabled(if: SmallVolume.isPossible, "needs root, to mount a file system"))
    func `a volume that is unmounted, and mounted again`() async throws {
        let volume = try SmallVolume(files.path, bytes: 1 << 20)
        try fixture.store("http://a.test/here", tags: "t")
        let there = try second.store("http://a.test/there", tags: "t")
        let worker = try worker()
        try await worker.startAndScan()
        volume.unmount()
        try await eventually("the empty directory is noticed") { worker.board.counts.objectsIndexed == 1 }
        // The empty directory is a cache as well: nothing is missing in it.
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(there))
        let disk = try TemporaryDirectory()
        let name = try CacheFixture(path: disk.path).store("http://a.test/old", tags: "o").dropFirst(disk.path.count)
        let again = try SmallVolume(showing: disk.path, over: files.path)
        let old = files.path + name
        #expect(isLive(old))
        try await eventually("what is mounted may have missed purges, and is flushed") { !isLive(old) }
        try await eventually("the problem is gone") { worker.board.problem == nil && !worker.board.isScanning }
        try await worker.stop()
        again.unmount()
    }

    @Test func `a reload without it confirms all that waits`() async throws {
        let there = try second.store("http://a.test/there", tags: "t1")
        try fixture.store("http://a.test/here", tags: "t1")
        let worker = try worker()
        try await worker.startAndScan()
        try FileManager.default.removeItem(atPath: files.path)
        try await eventually("it is told") { isTold(worker) }
        let flush = worker.upkeep.flush(paths: nil, mode: .invalidate)
        let first = try worker.enqueue(try (0..<20).map { try WorkerFixture.event(tag: "t\($0)") })
        try await eventually("all are begun") { !isLive(there) && !worker.queue.hasPurges }
        #expect((first..<first + 20).allSatisfy { !worker.isApplied($0) })
        worker.reload([other.path])
        try await eventually("all are confirmed") { (first..<first + 20).allSatisfy(worker.isApplied) }
        try await eventually("the problem is gone") { worker.board.problem == nil && !worker.board.isScanning }
        try await worker.finished(flush)
        #expect(worker.caches.paths == [other.path])
        try await worker.stop()
    }

    @Test func `another directory that comes together with a reload is noticed all the same`() async throws {
        try fixture.store("http://a.test/here", tags: "t")
        let worker = try worker()
        try await worker.startAndScan()
        try FileManager.default.removeItem(atPath: files.path)
        try await eventually("it is told") { isTold(worker) }
        let old = try CacheFixture(path: aside).store("http://a.test/old", tags: "o")
        try FileManager.default.moveItem(atPath: aside, toPath: files.path)
        worker.reload(paths)
        let moved = files.path + old.dropFirst(aside.count)
        try await eventually("what had missed purges is flushed") { !isLive(moved) }
        try await eventually("it goes on") { worker.board.problem == nil && !worker.board.isScanning }
        try await worker.stop()
    }

    @Test func `a watcher that fails for one cache`() async throws {
        let worker = try worker()
        try await worker.startAndScan()
        worker.set(.fails, of: files.path)
        try await eventually("it is told") { worker.board.problem?.contains("a faulty watcher") == true }
        let here = try fixture.store("http://a.test/here", tags: "t")
        let there = try second.store("http://a.test/there", tags: "t")
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("what is named in the other cache goes") { !isLive(there) }
        try await worker.finished(worker.upkeep.flush(paths: [other.path], mode: .delete))
        try await eventually("guards end") { worker.board.guardStatus.standing == 0 }
        #expect(!worker.isApplied(offset))
        worker.set(nil, of: files.path)
        try await eventually("it is applied") { worker.isApplied(offset) }
        try await eventually("the problem is gone") { worker.board.problem == nil }
        #expect(!isLive(here))
        try await worker.stop()
    }

    @Test func `1,500 purges that wait for a cache keep no purge from the other`() async throws {
        let here = try (0..<1500).map { try fixture.store("http://a.test/\($0)", tags: "t\($0)") }
        let worker = try worker()
        try await worker.startAndScan()
        try takeAway()
        defer { try? FileManager.default.removeItem(atPath: aside) }
        try await eventually("it is told") { isTold(worker) }
        let first = try worker.enqueue(try (0..<1500).map { try WorkerFixture.event(tag: "t\($0)") })
        let there = try second.store("http://a.test/there", tags: "last")
        let last = try worker.enqueue([try WorkerFixture.event(tag: "last")])
        try await eventually("the last is applied to the other cache") { !isLive(there) }
        try await eventually("guards end") { worker.board.guardStatus.standing == 0 }
        #expect((first...last).allSatisfy { !worker.isApplied($0) })
        try giveBack(.same)
        try await eventually("all are applied") { (first...last).allSatisfy(worker.isApplied) }
        #expect(!here.contains(where: isLive))
        try await worker.stop()
    }

    @Test func `purges that wait outlive the agent, and a start without one of the caches works`() async throws {
        let here = try fixture.store("http://a.test/here", tags: "t")
        let there = try second.store("http://a.test/there", tags: "t2")
        let first = try worker()
        try await first.startAndScan()
        try takeAway()
        defer { try? FileManager.default.removeItem(atPath: aside) }
        try await eventually("it is told") { isTold(first) }
        let offset = try first.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("it waits") { !first.queue.hasPurges }
        try await first.stop()
        let second = try worker()
        second.start()
        try await eventually("it is told again") { isTold(second) }
        let later = try second.enqueue([try WorkerFixture.event(tag: "t2")])
        try await eventually("the other cache is purged") { !isLive(there) }
        try await second.finished(second.upkeep.rebuild())
        #expect(!second.isApplied(offset) && !second.isApplied(later))
        try giveBack(.same)
        try await eventually("both are applied") { second.isApplied(offset) && second.isApplied(later) }
        try await eventually("the problem is gone") { second.board.problem == nil && !second.board.isScanning }
        #expect(!isLive(here))
        try await second.stop()
    }

    @Test func `a purge that is begun while one cache is still looked through is confirmed right after`() async throws {
        // So many directories take the scan some rounds.
        for number in 0..<1024 {
            let digits = String(1024 + number, radix: 16).dropFirst()
            try FileManager.default.createDirectory(
                atPath: "\(other.path)/\(digits.prefix(1))/\(digits.dropFirst())1", withIntermediateDirectories: true)
        }
        try fixture.store("http://a.test/here", tags: "t")
        try second.store("http://a.test/there", tags: "t")
        let first = try worker()
        try await first.startAndScan()
        try await first.stop()
        let second = try worker()
        let offset = try second.enqueue([try WorkerFixture.event(tag: "t")])
        try await second.startAndScan()
        try await eventually("it is applied") { second.isApplied(offset) }
        #expect(second.board.summary.recent.first?.removed == 2)
        try await second.stop()
    }

    @Test func `guards that an earlier run left look into a cache that comes later`() async throws {
        let first = try worker(window: .seconds(60))
        try await first.startAndScan()
        try await first.apply([try WorkerFixture.event(tag: "t")])
        try await first.stop()
        let late = try fixture.store("http://a.test/late", tags: "t")
        try takeAway()
        defer { try? FileManager.default.removeItem(atPath: aside) }
        let second = try worker(window: .seconds(1))
        second.start()
        try await eventually("it is told") { isTold(second) }
        try await eventually("the guard ends") { second.board.guardStatus.standing == 0 && !second.queue.hasPurges }
        try giveBack(.same)
        try await eventually("the late fill is purged") { !isLive(late) }
        try await eventually("it goes on") { second.board.problem == nil && !second.board.isScanning }
        try await second.stop()
    }

    @Test func `with no cache at all an agent does not start, and says what to do`() async throws {
        try FileManager.default.removeItem(atPath: files.path)
        let agent = try AgentFixture(state: state, caches: [files.path, files.path + "-nor this"])
        let error = await #expect(throws: AgentError.self) { try await agent.start() }
        #expect(error?.description.contains("\"\(files.path)\"") == true)
        #expect(error?.description.contains("caches[].path") == true)
        try await agent.close()
    }
}
