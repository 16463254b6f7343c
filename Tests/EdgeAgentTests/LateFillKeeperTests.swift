import Foundation
import PrometheusText
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// The guard for fills in flight: real files, a real watcher, a real database.
@Suite(.serialized) struct LateFillKeeperTests: OverCacheBench {
    let bench: CacheBench
    private var log: String { state.path + "/edge-purge.log" }

    init() throws { bench = try CacheBench() }

    private static let url = "http://a.test/x"

    private func isFresh(_ file: String) -> Bool { (CacheFixture.validUntil(file) ?? 0) == 4_000_000_000 }
    /// nginx's clock when it reads a response head now.
    private var date: Int64 { SystemClock().now.milliseconds / 1000 }

    private func worker(
        isLogged: Bool = false, window: Duration = .seconds(60)
    ) throws -> WorkerFixture {
        try WorkerFixture(
            state: state, caches: [files.path], guardWindow: window, accessLog: isLogged ? log : nil)
    }

    /// Stores what was fetched before any purge: its head is old.
    private func storeOld(_ url: String = url, tags: String = "t") throws -> String {
        try fixture.store(url, tags: tags, date: date - 100)
    }

    /// Writes a line of the access log about a request that began so many milliseconds ago.
    private func log(_ url: String, began ago: Int64) throws {
        let now = SystemClock().now.milliseconds
        func seconds(_ value: Int64) -> String { "\(value / 1000)." + String(1000 + value % 1000).dropFirst() }
        try write("2|\(seconds(now))|\(seconds(ago))|\(seconds(ago))|MISS|\"a.test\"|\"/\"|\"\(url)\"\n")
    }

    private func write(_ line: String) throws {
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
        try file.close()
    }

    /// Waits until a new file is younger than what was purged before: the clock of files moves in steps.
    private func fileClockMovesOn() async throws {
        let before = SystemClock().now.milliseconds
        try await eventually("the clock of files moves on") {
            let path = state.path + "/clock-\(UUID().uuidString)"
            try Data().write(to: URL(fileURLWithPath: path))
            let status = try FileManager.default.attributesOfItem(atPath: path)
            let changed = (status[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            return Int64(changed * 1000) > before + 1
        }
    }

    private func isJudged(_ worker: WorkerFixture) throws -> Bool {
        try GuardStore(worker.database).suspects().isEmpty
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `what had its head before the purge and lands after it goes`(_ mode: PurgeMode) async throws {
        let worker = try worker()
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t", mode: mode)])
        #expect(worker.board.guardStatus.standing == 1)
        let named = try storeOld()
        let other = try storeOld("http://a.test/other", tags: "other")
        try await eventually("the late fill is purged") { mode == .delete ? !isLive(named) : !isFresh(named) }
        #expect(isLive(named) == (mode == .invalidate))
        #expect(isFresh(other))
        try await eventually("it is counted") { worker.board.counts.guardRemoved == 1 }
        #expect(worker.board.guardStatus.removedStale == 1)
        #expect(worker.board.counters.lateFillVisible.snapshots.map(\.labels) == [["old"]])
        try await eventually("the index knows") { worker.board.counts.objectsIndexed == (mode == .delete ? 1 : 2) }
        try await worker.stop()
    }

    @Test func `a temporary file that was there when the purge came is known when it lands`() async throws {
        let worker = try worker()
        try await worker.startAndScan()
        let name = CacheFixture.name(Self.url)
        let path = files.path + "/" + fixture.relativePath(name)
        try FileManager.default.createDirectory(
            atPath: String(path.dropLast(33)), withIntermediateDirectories: true)
        // Its header says nothing: a clock of whole seconds cannot tell.
        let bytes = CacheFixture.bytes(key: Self.url, head: "Cache-Tag: t\r\n", date: date + 1)
        try Data(bytes).write(to: URL(fileURLWithPath: path + ".0000000007"))
        for _ in 0..<10 { try await fileClockMovesOn() }
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        for _ in 0..<2 {
            try FileManager.default.moveItem(atPath: path + ".0000000007", toPath: path)
            try await eventually("it is purged") { !isLive(path) }
            #expect(worker.board.guardStatus.removedUnproven == 0)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".0000000007")
            try fixture.patch(path + ".0000000007", at: 0, [5])
        }
        try await worker.stop()
    }

    @Test func `without proof the first goes at once, and the second when the window ends`() async throws {
        let worker = try worker(window: .seconds(4))
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        try await fileClockMovesOn()
        let file = try fixture.store(Self.url, tags: "t", date: date)
        try await eventually("the first is purged") { !isLive(file) }
        // It is marked before the index is written, and counted after that.
        try await eventually("it is counted") { worker.board.guardStatus.removedUnproven > 0 }
        #expect(worker.board.guardStatus.removedUnproven == 1)
        try fixture.store(Self.url, tags: "t", date: date)
        try await eventually("the second is learnt") { worker.board.counts.objectsIndexed == 1 }
        #expect(isLive(file))
        try await eventually("the guard ends") { worker.board.guardStatus.standing == 0 }
        #expect(!isLive(file))
        #expect(worker.board.guardStatus.removedUnproven == 2)
        let store = GuardStore(worker.database)
        #expect(try store.keys().isEmpty && store.suspects().isEmpty)
        try fixture.store(Self.url, tags: "t", date: date - 100)
        try await eventually("it is learnt") { worker.board.counts.objectsIndexed == 1 }
        #expect(isLive(file))
        try await worker.stop()
    }

    @Test func `the access log tells old from new`() async throws {
        let worker = try worker(isLogged: true)
        try log("http://a.test/nothing", began: 0)
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        try await fileClockMovesOn()
        let new = try fixture.store(Self.url, tags: "t", date: date)
        try log(Self.url, began: 1)
        try log("http://a.test/old", began: 60_000)
        let old = try fixture.store("http://a.test/old", tags: "t", date: date)
        try await eventually("the old one goes") { !isLive(old) }
        try await eventually("all is judged") { try isJudged(worker) }
        #expect(isLive(new))
        #expect(worker.board.guardStatus.provenFresh == 1)
        #expect(worker.board.guardStatus.removedStale == 1)
        #expect(worker.board.guardStatus.badLogLines == 0)
        #expect(worker.board.guardStatus.logProblem == nil)
        try await worker.stop()
    }

    /// Attack: a visitor's body, a part of the key, ended its line in a log of the format of version 0.1, and the next
    /// one said that an old response was new.
    @Test func `a log of the earlier format proves nothing, whatever lines a visitor puts into it`() async throws {
        let worker = try worker(isLogged: true)
        try write("1795240301.275|0.001|0.001|MISS|http://a.test/nothing\n")
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        try await fileClockMovesOn()
        let old = try fixture.store(Self.url, tags: "t", date: date)
        let now = SystemClock().now.milliseconds
        let seconds = "\(now / 1000)." + String(1000 + now % 1000).dropFirst()
        try write("1795240301.275|0.001|0.001|MISS|http://a.test/\n\(seconds)|0.000|0.000|MISS|\(Self.url)\n")
        try log(Self.url, began: 0)
        try await eventually("it goes without proof") { !isLive(old) }
        // The file goes before it is counted, and the log is read beside that.
        try await eventually("it is counted") { worker.board.guardStatus.removedUnproven == 1 }
        try await eventually("the log is read") { worker.board.guardStatus.badLogLines == 1 }
        #expect(worker.board.guardStatus.provenFresh == 0)
        try await eventually("both problems are told") {
            worker.board.guardStatus.logProblem?.contains("deploy/nginx/edge-purge.conf") == true
                && worker.board.problem?.contains("reload nginx") == true
        }
        // A new file in the new format is believed.
        try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
        try log("http://a.test/nothing", began: 0)
        try await fileClockMovesOn()
        try fixture.store("http://a.test/new", tags: "t", date: date)
        try log("http://a.test/new", began: 0)
        try await eventually("it is proven") { worker.board.guardStatus.provenFresh == 1 }
        #expect(worker.board.guardStatus.logProblem == nil && worker.board.problem == nil)
        try await worker.stop()
    }

    @Test(arguments: [false, true])
    func `a 304 that comes after an invalidation does not make it fresh again`(_ isLogged: Bool) async throws {
        let file = try storeOld()
        if isLogged { try log("http://a.test/nothing", began: 0) }
        let worker = try worker(isLogged: isLogged)
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t", mode: .invalidate)])
        #expect(!isFresh(file))
        try renew(file)
        if isLogged { try log(Self.url, began: 60_000) }
        try await eventually("it is stale again") { !isFresh(file) }
        #expect(isLive(file))
        if isLogged {
            // On a busy machine file and line may be too far apart to belong together.
            for _ in 0..<20 where worker.board.guardStatus.provenFresh == 0 {
                try renew(file)
                try log(Self.url, began: 0)
                // Judged within a quarter of a second, or unproven and to be tried again.
                try? await eventually("it is proven", within: .milliseconds(400)) {
                    worker.board.guardStatus.provenFresh > 0
                }
            }
            #expect(worker.board.guardStatus.provenFresh == 1)
            #expect(isFresh(file))
        }
        try await worker.stop()
    }

    /// Does to a file what nginx does after a 304.
    private func renew(_ file: String) throws {
        func little(_ value: Int64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        try fixture.patch(file, at: 8, little(4_000_000_000))
        try fixture.patch(file, at: 40, little(date))
    }

    @Test func `a variant without the tag that lands late goes too`() async throws {
        let tagged = try fixture.store(Self.url, tags: "t", variant: "br", hasVary: true)
        let worker = try worker()
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(tagged))
        let late = try fixture.store(Self.url, date: date - 100, variant: "gzip", hasVary: true)
        try await eventually("it is purged") { !isLive(late) }
        // And where the tagged one comes late too.
        let first = try fixture.store("http://a.test/y", tags: "t", date: date - 100, variant: "br", hasVary: true)
        try await eventually("it is purged") { !isLive(first) }
        let second = try fixture.store("http://a.test/y", date: date - 100, variant: "gzip", hasVary: true)
        try await eventually("it is purged") { !isLive(second) }
        try await worker.stop()
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `guards outlive the agent`(_ mode: PurgeMode) async throws {
        let kept = try fixture.store("http://a.test/kept", tags: "k", date: date)
        let first = try worker(isLogged: true)
        try log("http://a.test/nothing", began: 0)
        try await first.startAndScan()
        try await first.apply([try WorkerFixture.event(tag: "t", mode: mode)])
        try await fileClockMovesOn()
        let new = try fixture.store("http://a.test/new", tags: "t", date: date)
        try log("http://a.test/new", began: 1)
        try await eventually("it is judged") { try first.board.guardStatus.provenFresh == 1 && isJudged(first) }
        try await first.stop()
        let meanwhile = try storeOld("http://a.test/meanwhile")
        let second = try worker(isLogged: true)
        try await second.startAndScan()
        try await eventually("what landed meanwhile is purged") {
            mode == .delete ? !isLive(meanwhile) : !isFresh(meanwhile)
        }
        let late = try storeOld("http://a.test/late")
        try await eventually("what lands late is purged") { mode == .delete ? !isLive(late) : !isFresh(late) }
        #expect(isFresh(kept))
        // An invalidation is applied again: a 304 leaves no trace.
        if mode == .delete { #expect(isLive(new)) }
        #expect(second.board.counts.purges == 0)
        try await second.stop()
    }

    @Test func `no guard ends before all is looked through that landed while no agent ran`() async throws {
        let first = try worker()
        try await first.startAndScan()
        try await first.apply([try WorkerFixture.event(tag: "t")])
        try await first.stop()
        for number in 0..<4096 {
            let digits = String(4096 + number, radix: 16).dropFirst()
            try FileManager.default.createDirectory(
                atPath: "\(files.path)/\(digits.prefix(1))/\(digits.dropFirst())", withIntermediateDirectories: true)
        }
        let late = try (0..<16).map { try storeOld("http://a.test/late/\($0)") }
        // The scan takes hundreds of rounds, the window a few.
        let second = try WorkerFixture(
            state: state, caches: [files.path], clock: TestClock(.rushes(.milliseconds(50))), guardWindow: .seconds(5))
        try await second.startAndScan()
        try await eventually("the guard ends") { second.board.guardStatus.standing == 0 }
        #expect(late.allSatisfy { !isLive($0) })
        try await second.stop()
    }

    @Test func `of guards that outlived the agent the newest counts`() async throws {
        let before = try worker()
        let store = GuardStore(before.database)
        let now = SystemClock().now.milliseconds
        var batch = Change()
        let event = try WorkerFixture.event(tag: "t")
        let message = PurgeQueue.Arrival.purge(0, 0, event).message
        for (partition, reference) in [(Int32(3), now), (7, now - 60_000)] {
            store.put(
                QueueKey(partition: partition, epoch: 0, offset: 0),
                GuardRecord(reference: reference, until: reference + 60_000, stored: message.encoded()), into: &batch)
        }
        try before.database.write(batch)
        before.caches.close()
        before.database.close()
        let worker = try worker(isLogged: true)
        try log("http://a.test/nothing", began: 0)
        try await worker.startAndScan()
        // Asked for between the two purges.
        let file = try fixture.store(Self.url, tags: "t", date: date)
        try log(Self.url, began: SystemClock().now.milliseconds - now + 30_000)
        try await eventually("it is purged") { !isLive(file) }
        try await worker.stop()
    }

    @Test func `a damaged header that lands under a guard does no harm`() async throws {
        let worker = try worker()
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        let hostile = try [Int64.max, .min, 9_300_000_000_000_000, -9_300_000_000_000_000].enumerated().map {
            try fixture.store("http://a.test/\($0.offset)", tags: "t", date: $0.element)
        }
        let late = try storeOld()
        try await eventually("the worker goes on") { !isLive(late) }
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(hostile.allSatisfy { !isLive($0) })
        try await worker.stop()
    }

    @Test func `what was not judged when the agent died is judged after`() async throws {
        let first = try worker(isLogged: true, window: .seconds(60))
        try log("http://a.test/nothing", began: 0)
        try await first.startAndScan()
        try await first.apply([try WorkerFixture.event(tag: "t")])
        try await fileClockMovesOn()
        let file = try fixture.store(Self.url, tags: "t", date: date)
        // Judged at once, it is out of the index again before anybody looks.
        try await eventually("it is learnt") { first.board.counts.objectsIndexed == 1 || !isLive(file) }
        try await first.stop()
        let wasJudged = !isLive(file)
        let second = try worker()
        try await second.startAndScan()
        try await eventually("it is purged, \(wasJudged), \(second.board.guardStatus)") { !isLive(file) }
        try await second.stop()
    }

    /// Attack: an old response lands under a guard, cannot be marked before the guard ends, and the agent starts anew.
    @Test(.enabled(if: ImmutableFile.isPossible, "needs root, and a file system that knows immutable files"))
    func `a late response that cannot be marked when its guard ends is judged again after a restart`() async throws {
        let first = try worker(window: .seconds(2))
        try await first.startAndScan()
        try await first.apply([try WorkerFixture.event(tag: "t")])
        // Nobody is told of the file before it is immutable.
        first.set(.sleeps)
        let file = try storeOld()
        try ImmutableFile.set(true, file)
        defer { try? ImmutableFile.set(false, file) }
        first.set(nil)
        try await eventually("it cannot be marked") { first.board.hasProblem(.guards) }
        try await eventually("the guard ends") { first.board.guardStatus.standing == 0 }
        #expect(try !isJudged(first))
        try await first.stop()
        #expect(isLive(file))
        try ImmutableFile.set(false, file)
        let second = try worker(window: .seconds(60))
        try await second.startAndScan()
        try await eventually("it is purged") { !isLive(file) }
        try await eventually("it is judged") { try isJudged(second) }
        try await second.stop()
    }

    @Test func `a window of zero is no guard`() async throws {
        let worker = try worker(window: .zero)
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        let file = try storeOld()
        try await eventually("it is learnt") { worker.board.counts.objectsIndexed == 1 }
        try await worker.apply([try WorkerFixture.event(tag: "nobody")])
        #expect(isLive(file))
        #expect(try GuardStore(worker.database).keys().isEmpty)
        try await worker.stop()
    }

    @Test func `a purge that comes long after it was accepted needs no guard`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], highWatermark: 1)
        try await worker.startAndScan()
        let accepted = SystemClock().now.advanced(by: .seconds(-3600))
        try await worker.apply([try WorkerFixture.event(tag: "t", acceptedAt: accepted)])
        #expect(worker.board.guardStatus.standing == 0)
        try await worker.stop()
    }
}
