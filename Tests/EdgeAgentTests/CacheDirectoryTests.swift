import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Other directories in a cache's place, or in a part of it: while the agent runs, and across a restart.
@Suite(.serialized) struct CacheDirectoryTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    private func worker(_ kind: WatcherKind = .inotify, window: Duration = .zero) throws -> WorkerFixture {
        try WorkerFixture(state: state, caches: [files.path], kind: kind, guardWindow: window)
    }

    /// Starts a worker, lets it do something, and ends it in order.
    private func run(_ body: (WorkerFixture) async throws -> Void) async throws {
        let worker = try worker()
        try await worker.startAndScan()
        try await body(worker)
        try await worker.stop()
    }

    private func purge(_ tag: String) async throws {
        try await run { try await $0.apply([try WorkerFixture.event(tag: tag)]) }
    }

    private var stamp: [UInt8]? {
        get throws { try Directory(path: files.path).attribute("user.edge_purge") }
    }

    private func set(_ stamp: [UInt8]) throws {
        try Directory(path: files.path).setAttribute("user.edge_purge", to: stamp)
    }

    /// The level directory of a file, as `1` of `1/23/…`.
    private func level(_ file: String) -> String { String(file.dropLast(36)) }

    // MARK: Mounts

    /// Attack A8: a disk was mounted on a level directory while the agent ran, and new fills there were never indexed.
    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"), arguments: FaultyWatcher.kinds)
    func `a disk that is mounted in a cache is looked through, flushed and followed`(_ kind: WatcherKind) async throws {
        let before = try fixture.store("http://a.test/before", tags: "t")
        let worker = try worker(kind, window: .milliseconds(300))
        try await worker.startAndScan()
        let disk = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: String(before.dropLast(33)), toPath: disk.path + before.dropLast(33).suffix(3))
        #expect(isLive(disk.path + before.suffix(36)))
        let volume = try SmallVolume(showing: disk.path, over: level(before))
        let old = before
        try await eventually("what lay there is flushed") { !isLive(old) }
        try await eventually("it is looked through") { !worker.board.isScanning }
        let fill = try fixture.store("http://a.test/before", tags: "t")
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(fill))
        volume.unmount()
        // What the disk hid had missed the purge.
        try await eventually("what was below is purged") { !isLive(before) }
        try await eventually("the problem is gone") { worker.board.problem == nil && !worker.board.isScanning }
        try await worker.stop()
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"), arguments: FaultyWatcher.kinds)
    func `a purge right after a mount waits until the disk is known`(_ kind: WatcherKind) async throws {
        let name = try fixture.store("http://a.test/page", tags: "t")
        let worker = try worker(kind, window: .milliseconds(300))
        try await worker.startAndScan()
        for _ in 0..<5 {
            let volume = try SmallVolume(level(name), bytes: 1 << 20)
            let fill = try fixture.store("http://a.test/page", tags: "t")
            try await worker.apply([try WorkerFixture.event(tag: "t")])
            #expect(!isLive(fill))
            volume.unmount()
        }
        try await worker.stop()
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"), arguments: FaultyWatcher.kinds)
    func `disks that are mounted in a cache at the start are a part of it`(_ kind: WatcherKind) async throws {
        let other = try fixture.store("http://a.test/other", tags: "other")
        let page = files.path + "/" + fixture.relativePath(CacheFixture.name("http://a.test/page"))
        let volume = try SmallVolume(level(page), bytes: 1 << 20)
        let stored = try fixture.store("http://a.test/page", tags: "t")
        let worker = try worker(kind, window: .milliseconds(300))
        try await worker.startAndScan()
        #expect(worker.caches.watcherKind == kind)
        #expect(isLive(stored), "nothing is known of the directory yet")
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(stored))
        let fill = try fixture.store("http://a.test/page", tags: "t")
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(fill))
        #expect(isLive(other))
        #expect(worker.caches.volumes == [files.path, level(page)])
        try await worker.stop()
        volume.unmount()
    }

    // MARK: Across a restart

    @Test func `the same directory is left alone`() async throws {
        let kept = try fixture.store("http://a.test/kept", tags: "kept")
        for _ in 0..<3 { try await purge("t") }
        #expect(isLive(kept))
    }

    /// Attack A9: another directory stood at the path when the agent started again, and nothing was flushed.
    @Test func `another directory at the next start is flushed`() async throws {
        try fixture.store("http://a.test/page", tags: "t")
        try await purge("t")
        let aside = files.path + "-aside"
        try FileManager.default.moveItem(atPath: files.path, toPath: aside)
        defer { try? FileManager.default.removeItem(atPath: aside) }
        let old = try fixture.store("http://a.test/page", tags: "t")
        try await run { _ in try await eventually("it is flushed") { !isLive(old) } }
        let new = try fixture.store("http://a.test/new", tags: "n")
        try await purge("t")
        #expect(isLive(new), "once")
        // And the first one comes back.
        try FileManager.default.removeItem(atPath: files.path)
        let back = try CacheFixture(path: aside).store("http://a.test/back", tags: "b")
        try FileManager.default.moveItem(atPath: aside, toPath: files.path)
        let moved = files.path + back.dropFirst(aside.count)
        try await run { _ in try await eventually("it is flushed") { !isLive(moved) } }
    }

    @Test func `another directory that is opened late in the run is flushed`() async throws {
        try fixture.store("http://a.test/page", tags: "t")
        try await purge("t")
        try FileManager.default.removeItem(atPath: files.path)
        let worker = try worker()
        worker.start()
        try await eventually("it is told") { worker.board.problem?.contains(files.path) == true }
        let aside = files.path + "-aside"
        let old = try CacheFixture(path: aside).store("http://a.test/page", tags: "t")
        try FileManager.default.moveItem(atPath: aside, toPath: files.path)
        let moved = files.path + old.dropFirst(aside.count)
        try await eventually("it is flushed") { !isLive(moved) }
        try await worker.stop()
    }

    /// Attack A9, with a disk for a part of the cache that was missing at one boot.
    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"))
    func `a disk in the cache that is missing at one start and there at the next`() async throws {
        let name = try fixture.store("http://a.test/below", tags: "t")
        let disk = try TemporaryDirectory()
        var volume = try SmallVolume(showing: disk.path, over: level(name))
        let kept = try fixture.store("http://a.test/below", tags: "kept")
        try await purge("t")
        #expect(isLive(kept))
        volume.unmount()
        try await run { _ in try await eventually("what the disk hid is flushed") { !isLive(name) } }
        volume = try SmallVolume(showing: disk.path, over: level(name))
        #expect(isLive(kept))
        try await run { _ in try await eventually("what the disk holds missed purges") { !isLive(kept) } }
        volume.unmount()
    }

    // MARK: Snapshots

    /// Attack A9: a snapshot of the disk was restored while the agent was down, and its old pages stayed.
    ///
    /// A copy has other inodes, so what a snapshot would bring back is put back by hand.
    @Test func `a snapshot that is restored is flushed`() async throws {
        let old = try fixture.store("http://a.test/page", tags: "t")
        let beside = try fixture.store("http://a.test/beside", tags: "other")
        try await purge("nothing")
        let snapshot = try #require(try stamp)
        try await purge("t")
        #expect(try stamp != snapshot)
        #expect(!isLive(old))
        try set(snapshot)
        try fixture.patch(old, at: 0, [5])
        #expect(isLive(old) && isLive(beside))
        try await run { _ in try await eventually("it is flushed") { !isLive(old) && !isLive(beside) } }
        let new = try fixture.store("http://a.test/new", tags: "n")
        try await purge("t")
        #expect(isLive(new), "once")
    }

    @Test func `a snapshot of just before a purge is told from the state after it`() async throws {
        let worker = try worker()
        try await worker.startAndScan()
        var snapshots: [[UInt8]] = []
        for number in 0..<3 {
            let before = try #require(try stamp)
            try await worker.apply([try WorkerFixture.event(tag: "t\(number)")])
            try await eventually("it is stamped") { try stamp != before }
            snapshots.append(before)
        }
        let last = try #require(try stamp)
        let known = try #require(try worker.database.meta.directories.value(0))
        #expect(known.difference(known.identity, DirectoryStamp(text: last), hasStamp: true) == nil)
        for snapshot in snapshots {
            #expect(known.difference(known.identity, DirectoryStamp(text: snapshot), hasStamp: true) == .older)
        }
        try await worker.stop()
    }

    @Test func `without purges there is no new stamp`() async throws {
        try await purge("t")
        let worker = try worker()
        try await worker.startAndScan()
        let before = try stamp
        try fixture.store("http://a.test/page", tags: "other")
        try await worker.finished(worker.upkeep.verify())
        try await worker.stop()
        #expect(try stamp == before)
    }

    /// A crash between the database and the attribute, a power loss, a state of 0.1.0: none is a restored snapshot.
    @Test func `what was not kept for sure is not missed`() async throws {
        let kept = try fixture.store("http://a.test/kept", tags: "kept")
        try await purge("t")
        try await purge("t2")
        let meta = try TestDatabase.open(state)
        var known = try #require(try meta.meta.directories.value(0))
        #expect(known.floor == known.stamp.number)
        // The next one is in the database, and not on the directory.
        known.stamp.number += 1
        try meta.write { meta.meta.directories.put(0, known, into: &$0) }
        meta.close()
        try await purge("t3")
        #expect(isLive(kept))
        // The directory is ahead of the database.
        let later = try #require(try stamp)
        let again = try TestDatabase.open(state)
        try again.write { again.meta.directories.put(0, known, into: &$0) }
        again.close()
        try await purge("t4")
        #expect(isLive(kept))
        let newest = try #require(try stamp.flatMap { DirectoryStamp(text: $0) })
        #expect(newest.number > (try #require(DirectoryStamp(text: later))).number)
        // Nothing is known, as after an upgrade.
        let upgraded = try TestDatabase.open(state)
        try upgraded.write { upgraded.meta.directories.delete(0, from: &$0) }
        upgraded.close()
        try await purge("t5")
        #expect(isLive(kept))
    }

    /// The last stamps had not reached the disk, and the purges are applied once more anyway.
    @Test(arguments: [true, false])
    func `an older stamp after a power loss is no snapshot`(_ isPowerLoss: Bool) async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let kept = try fixture.store("http://a.test/kept", tags: "kept")
        try await agent.start()
        let old = try #require(try stamp)
        try await agent.apply(try WorkerFixture.event(tag: "t"))
        try await eventually("it is stamped") { try stamp != old }
        let killed = try agent.snapshot(agent.directory)
        try await agent.stop()
        try AgentFixture.restore(killed, to: agent.directory, isSameFiles: false)
        try set(old)
        if isPowerLoss { try agent.boot() }
        try await agent.start()
        if !isPowerLoss { try await eventually("it is flushed") { !isLive(kept) } }
        #expect(isLive(kept) == isPowerLoss)
        try await agent.close()
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a ramfs needs root"))
    func `a file system that keeps no attributes is not flushed for that`() async throws {
        let volume = try SmallVolume(files.path, bytes: 1 << 20, type: "ramfs")
        let kept = try fixture.store("http://a.test/kept", tags: "kept")
        for _ in 0..<3 { try await purge("t") }
        #expect(throws: FileError.self) { try stamp }
        #expect(isLive(kept))
        volume.unmount()
    }

    // MARK: Links and other directories inside

    /// Limit 45 of version 0.1.0: a link that was put in a cache while the agent ran was not noticed.
    @Test(arguments: FaultyWatcher.kinds)
    func `a link in place of a level directory is a problem as long as it is there`(_ kind: WatcherKind) async throws {
        let stored = try fixture.store("http://a.test/page", tags: "t")
        let directory = String(stored.dropLast(33))
        let worker = try worker(kind, window: .milliseconds(300))
        try await worker.startAndScan()
        let elsewhere = try TemporaryDirectory()
        // Removed first, so that no directory is renamed.
        try FileManager.default.removeItem(atPath: directory)
        try await eventually("the file is forgotten") { worker.board.counts.objectsIndexed == 0 }
        try FileManager.default.createSymbolicLink(atPath: directory, withDestinationPath: elsewhere.path)
        try await eventually("it is told") { worker.board.problem?.contains("\"\(directory)\"") == true }
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        let task = try await worker.finished(worker.upkeep.verify())
        #expect(task.report?.notCompared == [files.path])
        #expect(!worker.isApplied(offset), "nginx may serve what the link leads to")
        try FileManager.default.removeItem(atPath: directory)
        try await eventually("it is applied") { worker.isApplied(offset) && worker.board.problem == nil }
        let again = try await worker.finished(worker.upkeep.verify())
        #expect(again.report?.notCompared == [])
        try await worker.stop()
    }

    @Test(arguments: FaultyWatcher.kinds)
    func `a link in place of a file is a problem as long as it is there`(_ kind: WatcherKind) async throws {
        let target = try fixture.store("http://a.test/other", tags: "t")
        let stored = try fixture.store("http://a.test/page", tags: "t")
        let worker = try worker(kind, window: .milliseconds(300))
        try await worker.startAndScan()
        let link = files.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target + "-copy")
        try FileManager.default.copyItem(atPath: target, toPath: target + "-copy")
        let result = unsafe rename(link, stored)
        #expect(result == 0)
        try await eventually("it is told") { worker.board.problem?.contains("\"\(stored)\"") == true }
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("the rest goes") { !isLive(target) }
        #expect(!worker.isApplied(offset))
        // As nginx does when it stores the page again.
        try fixture.store("http://a.test/page", tags: "t")
        try await eventually("it is applied") { worker.isApplied(offset) && worker.board.problem == nil }
        #expect(isLive(target + "-copy"), "nothing outside of the cache's own files is changed")
        try await worker.stop()
    }

    /// Attack: a purge deleted what was mounted on a cache file, and was confirmed; what lay below was served again
    /// once it was unmounted.
    @Test(.enabled(if: SmallVolume.isPossible, "mounting needs root"), arguments: [PurgeMode.delete, .invalidate])
    func `something mounted on a file is a problem as long as it is there`(_ mode: PurgeMode) async throws {
        let stored = try fixture.store("http://a.test/page", tags: "t")
        let elsewhere = try TemporaryDirectory()
        let copy = elsewhere.path + "/copy"
        try FileManager.default.copyItem(atPath: stored, toPath: copy)
        let worker = try worker()
        try await worker.startAndScan()
        let mount = try SmallVolume(showing: copy, over: stored)
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t", mode: mode)])
        try await eventually("it is told") { worker.board.problem?.contains("\"\(stored)\"") == true }
        #expect(!worker.isApplied(offset))
        #expect(isLive(copy), "nothing outside of the cache's own files is changed")
        mount.unmount()
        try await eventually("it is applied") { worker.isApplied(offset) && worker.board.problem == nil }
        #expect(mode == .delete ? !isLive(stored) : CacheFixture.validUntil(stored) != 4_000_000_000)
        try await worker.stop()
    }

    @Test func `the daily comparison finds a link that no watcher told of`() async throws {
        let stored = try fixture.store("http://a.test/page", tags: "t")
        let worker = try worker()
        try await worker.startAndScan()
        worker.set(.sleeps)
        let directory = String(stored.dropLast(33))
        try FileManager.default.moveItem(atPath: directory, toPath: files.path + "/elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: directory, withDestinationPath: files.path + "/elsewhere")
        let task = try await worker.finished(worker.upkeep.verify())
        #expect(task.report?.notCompared == [files.path])
        try await eventually("it is told") { worker.board.problem?.contains("\"\(directory)\"") == true }
        try await worker.stop()
    }

    /// Limit 45 of version 0.1.0: what another directory held had missed purges, and stayed.
    @Test(arguments: FaultyWatcher.kinds)
    func `a directory that is moved over a level directory is flushed`(_ kind: WatcherKind) async throws {
        let stored = try fixture.store("http://a.test/page", tags: "t")
        let worker = try worker(kind, window: .milliseconds(300))
        try await worker.startAndScan()
        let directory = String(stored.dropLast(33))
        let aside = files.path + "/aside"
        try FileManager.default.copyItem(atPath: directory, toPath: aside)
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(stored))
        try await eventually("the guard ends") { worker.board.guardStatus.standing == 0 }
        try FileManager.default.moveItem(atPath: directory, toPath: files.path + "/gone")
        try FileManager.default.moveItem(atPath: aside, toPath: directory)
        #expect(isLive(stored))
        try await eventually("what had missed the purge is flushed") { !isLive(stored) }
        try await eventually("it goes on") { worker.board.problem == nil && !worker.board.isScanning }
        try await worker.stop()
    }
}
