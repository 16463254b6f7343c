import Foundation
import LinuxFiles
import PurgeModel
import RocksDB
import TestSupport
import Testing

@testable import EdgeAgent

@Suite(.serialized) struct FilesTargetTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    private func isFresh(_ file: String) -> Bool {
        isLive(file) && (CacheFixture.validUntil(file) ?? 0) == 4_000_000_000
    }

    @Test(arguments: FaultyWatcher.kinds, [PurgeMode.delete, .invalidate])
    func `each selector removes what it names and nothing else`(_ kind: WatcherKind, _ mode: PurgeMode) async throws {
        let paths = ["/a", "/a?q", "/a/b", "/ab", "/c"]
        let hosts = ["one.test", "www.one.test", "two.test"]
        let cases: [(Selectors, Scope, (String, String) -> Bool)] = [
            (
                Selectors(urls: [try PurgeURL(validating: "https://one.test/a")]), .none,
                { $0 == "one.test" && $1 == "/a" }
            ),
            (
                Selectors(prefixes: [try PathPrefix(validating: "www.one.test/a")]), .none,
                { $0 == "www.one.test" && ["/a", "/a?q", "/a/b"].contains($1) }
            ),
            (Selectors(hosts: [try HostName(validating: "two.test")]), .none, { host, _ in host == "two.test" }),
            (
                Selectors(tags: [try CacheTag(validating: "t/c")]), Scope([try HostPattern(validating: "*.one.test")]),
                { $0 == "www.one.test" && $1 == "/c" }
            ),
            (
                Selectors(everything: true), Scope([try HostPattern(validating: "one.test")]),
                { host, _ in host == "one.test" }
            ),
            (Selectors(everything: true), .all, { _, _ in true }),
        ]
        let worker = try WorkerFixture(state: state, caches: [files.path], kind: kind, guardWindow: .zero)
        try await worker.startAndScan()
        for (selectors, scope, names) in cases {
            var stored: [(file: String, isNamed: Bool)] = []
            for host in hosts {
                for path in paths {
                    let file = try fixture.store("http://\(host)\(path)", tags: "t\(path.replacing("?", with: "-"))")
                    stored.append((file, names(host, path)))
                }
            }
            let told = try await worker.apply([WorkerFixture.event(selectors, scope: scope, mode: mode)])
            for (file, isNamed) in stored {
                #expect((mode == .delete ? isLive(file) : isFresh(file)) == !isNamed, "\(selectors) \(file)")
                if mode == .invalidate { #expect(isLive(file)) }
            }
            #expect(told.first?.removed == stored.count { $0.isNamed })
            #expect(told.first?.bytes == Int64(1024 * stored.count { $0.isNamed }))
        }
        #expect(worker.board.counts.purges == Int64(cases.count))
        #expect(worker.board.problem == nil)
        try await worker.stop()
    }

    @Test func `a purge that removes nothing tells what its scope has stored next to it`() async throws {
        for url in ["http://one.test/a/", "http://www.two.test/b?x", "http://three.test/c"] {
            _ = try fixture.store(url)
        }
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .zero)
        try await worker.startAndScan()
        let near = [
            ("https://one.test/a", "https://one.test/a/"), ("http://two.test/b?x", "http://www.two.test/b?x"),
            ("http://www.three.test/c/?y", "http://three.test/c"), ("http://one.test/b", nil),
            ("http://three.test/c", nil),
        ]
        for (url, expected) in near {
            let told = try await worker.apply([try WorkerFixture.event(url: url)])
            #expect(told.first?.near == expected, "\(url)")
        }
        let scope = Scope([try HostPattern(validating: "two.test")])
        let url = try PurgeURL(validating: "http://two.test/b?x")
        let told = try await worker.apply([WorkerFixture.event(Selectors(urls: [url]), scope: scope)])
        #expect(told.first?.removed == 0 && told.first?.near == nil, "it lies outside the scope")
        try await worker.stop()
    }

    @Test(arguments: FaultyWatcher.kinds)
    func `an object stored right before the purge is queued is found`(_ kind: WatcherKind) async throws {
        var random = SeededGenerator()
        let worker = try WorkerFixture(state: state, caches: [files.path], kind: kind)
        try await worker.startAndScan()
        for round in 0..<60 {
            // Often in a directory that is new.
            let count = random.number(1...5)
            let stored = try (0..<count).map { try fixture.store("http://a.test/\(round)/\($0)", tags: "t\(round)") }
            let other = try fixture.store("http://a.test/other", tags: "other")
            let told = try await worker.apply([try WorkerFixture.event(tag: "t\(round)")])
            check(told.first?.removed == count, "round \(round), seed \(random.seed)")
            check(stored.allSatisfy { CacheFixture.version($0) == 0 }, "round \(round), seed \(random.seed)")
            check(isLive(other), "round \(round), seed \(random.seed)")
        }
        try await worker.stop()
    }

    @Test func `objects are taken out of the index, and their number is right`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        for number in 0..<20 { try fixture.store("http://a.test/\(number)", tags: number < 15 ? "a" : "b") }
        try await worker.startAndScan()
        #expect(worker.board.counts.objectsIndexed == 20)
        try await worker.apply([try WorkerFixture.event(tag: "a")])
        #expect(worker.board.counts.objectsIndexed == 5)
        #expect(try TestDatabase.count("files", worker.database) == 5)
        // Evicted by nginx.
        try CacheFixture.remove(files.path + "/" + fixture.relativePath(CacheFixture.name("http://a.test/19")))
        try await eventually("the evicted file leaves the index") { worker.board.counts.objectsIndexed == 4 }
        try await worker.stop()
        let again = try WorkerFixture(state: state, caches: [files.path])
        #expect(again.board.counts.objectsIndexed == 4)
        #expect(try again.board.indexed == again.index.countedTotals())
        #expect(again.board.counts.bytesIndexed == 4096)
        try await again.stop()
    }

    @Test func `the bytes that an earlier version did not keep are counted once`() async throws {
        for number in 0..<3 { try fixture.store("http://a.test/\(number)", tags: "t") }
        let first = try WorkerFixture(state: state, caches: [files.path])
        try await first.startAndScan()
        let indexed = first.board.indexed
        #expect(indexed == IndexTotals(objects: 3, bytes: 3 * 1024))
        try await first.stop()
        let database = try TestDatabase.open(state)
        database.close()
        let raw = try Database(
            path: state.path + "/db",
            columnFamilies: (IndexTables.families + ["queue", "meta"].map { ColumnFamilyOptions(name: $0) }))
        let meta = try raw.columnFamily("meta")
        var batch = WriteBatch()
        batch.put(Array("objects".utf8), [3], in: meta)
        batch.put(Array("format".utf8), [1], in: meta)
        try raw.write(batch, sync: false)
        raw.close()
        let second = try WorkerFixture(state: state, caches: [files.path])
        #expect(second.board.indexed == indexed)
        try await second.startAndScan()
        try await second.apply([try WorkerFixture.event(tag: "t")])
        #expect(second.board.indexed == IndexTotals())
        try await second.stop()
    }

    @Test func `a purge that matches nothing completes`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        try await worker.startAndScan()
        let told = try await worker.apply([
            try WorkerFixture.event(tag: "nobody"),
            WorkerFixture.event(Selectors(urls: [try PurgeURL(validating: "http://nobody.test/")]), scope: .none),
            WorkerFixture.event(Selectors(everything: true)),
        ])
        #expect(told.map(\.removed) == [0, 0, 0])
        #expect(try TestDatabase.count("queue", worker.database) == 0)
        try await worker.stop()
    }

    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `variants and slices go together by tag, in all caches`(_ mode: PurgeMode) async throws {
        let second = try TemporaryDirectory()
        let worker = try WorkerFixture(state: state, caches: [files.path, second.path])
        let other = CacheFixture(path: second.path, levels: [2])
        var family: [String] = []
        // Only one of the variants, and only one of the slices, has the tag.
        family.append(try fixture.store("http://a.test/v", tags: "t", variant: "gzip", hasVary: true))
        family.append(try fixture.store("http://a.test/v", variant: "br", hasVary: true))
        family.append(try other.store("http://a.test/v", variant: "zstd", hasVary: true))
        for slice in 0..<700 {
            family.append(try fixture.store("http://a.test/sbytes=\(slice)0-\(slice)9", tags: slice == 0 ? "t" : ""))
        }
        let others = [
            try fixture.store("http://a.test/v?x", hasVary: true), try fixture.store("http://a.test/s2bytes=0-9"),
            try fixture.store("http://b.test/v", hasVary: true),
        ]
        try await worker.startAndScan()
        let told = try await worker.apply([try WorkerFixture.event(tag: "t", mode: mode)])
        #expect(family.allSatisfy { mode == .delete ? !isLive($0) : !isFresh($0) })
        #expect(others.allSatisfy(isFresh))
        #expect(told.first?.removed == family.count)
        try await worker.stop()
    }

    @Test func `a purge that finds an object in several ways counts it once`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        try await worker.startAndScan()
        for number in 0..<10 { try fixture.store("http://a.test/\(number)", tags: "a,b,c") }
        let selectors = Selectors(
            urls: [try PurgeURL(validating: "http://a.test/1")],
            tags: try ["a", "b", "c"].map { try CacheTag(validating: $0) }, hosts: [try HostName(validating: "a.test")],
            prefixes: [try PathPrefix(validating: "a.test/1")])
        for mode in [PurgeMode.invalidate, .delete] {
            #expect(try await worker.apply([WorkerFixture.event(selectors, mode: mode)]).first?.removed == 10)
        }
        #expect(worker.board.counts.objectsRemoved == 20)
        try await worker.stop()
    }

    @Test func `a late purge leaves newer objects alone`() async throws {
        let accepted = Timestamp(milliseconds: 1_700_000_000_000)
        let dates: [Int64] = [1_600_000_000, 1_700_000_000, 1_700_000_120, 1_700_000_121, 1_700_090_000]
        let stored = try dates.map { try fixture.store("http://a.test/\($0)", tags: "t", date: $0) }
        let worker = try WorkerFixture(state: state, caches: [files.path], highWatermark: 2)
        try await worker.startAndScan()
        let late = try await worker.apply([try WorkerFixture.event(tag: "t", acceptedAt: accepted)])
        #expect(late.first?.removed == 3)
        #expect(stored.map(isLive) == [false, false, false, true, true])
        // The first message beyond what was there when the partition was assigned.
        let live = try await worker.apply([try WorkerFixture.event(tag: "t", acceptedAt: accepted)], from: 2)
        #expect(live.first?.removed == 2)
        #expect(!stored.contains(where: isLive))
        try await worker.stop()
    }

    @Test func `two purges of one tag queued together count each object once`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        let stored = try (0..<1500).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        try await worker.startAndScan()
        let told = try await worker.apply([try WorkerFixture.event(tag: "t"), try WorkerFixture.event(tag: "t")])
        #expect(told.reduce(0) { $0 + $1.removed } == 1500)
        #expect(!stored.contains(where: isLive))
        #expect(worker.board.counts.objectsIndexed == 0)
        try await worker.stop()
    }

    @Test func `a big purge does not hold up the small ones behind it`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        let stored = try (0..<20_000).map { try fixture.store("http://a.test/\($0)", tags: "big") }
        let small = try fixture.store("http://a.test/small", tags: "small")
        try await worker.startAndScan()
        // Also a purge of very many URLs that are not there.
        let urls = try (0..<5000).map { try PurgeURL(validating: "http://a.test/nothing/\($0)") }
        let told = try await worker.apply([
            try WorkerFixture.event(tag: "big"), WorkerFixture.event(Selectors(urls: urls)),
            try WorkerFixture.event(tag: "small"),
        ])
        #expect(told.first?.offset == 2)
        #expect(told.last?.offset == 0)
        #expect(told.last?.removed == 20_000)
        #expect(!stored.contains(where: isLive))
        #expect(!isLive(small))
        try await worker.stop()
    }

    @Test func `what is no purge is handed over to the dead letters and holds nothing up`() async throws {
        do {
            let worker = try WorkerFixture(state: state, caches: [files.path])
            try worker.queue.enqueue([
                PurgeQueue.Arrival.rejected(0, 0), PurgeQueue.Arrival.purge(0, 1, try WorkerFixture.event(tag: "t")),
            ])
            try await worker.stop()
        }
        // After a restart the worker is the one that finds out.
        let file = try fixture.store("http://a.test/", tags: "t")
        let worker = try WorkerFixture(state: state, caches: [files.path])
        worker.start()
        try await eventually("the purge behind it is applied") { worker.isApplied(1) }
        #expect(!isLive(file))
        #expect(!worker.isApplied(0))
        #expect(worker.queue.takeRejected()?.offset == 0)
        try await worker.stop()
    }

    @Test func `files that nginx did not write are counted and left alone`() async throws {
        let strange = try (0..<5).map {
            try fixture.store([UInt8](repeating: 0x41, count: 600), name: CacheFixture.name("x\($0)"))
        }
        let newer = try fixture.store(
            CacheFixture.bytes(key: "http://a.test/", head: "Cache-Tag: t\r\n", version: 6),
            name: CacheFixture.name("v6"))
        let pipe = files.path + "/" + fixture.relativePath(CacheFixture.name("x0").replacing("a", with: "b"))
        try FileManager.default.createDirectory(atPath: String(pipe.dropLast(33)), withIntermediateDirectories: true)
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        let worker = try WorkerFixture(state: state, caches: [files.path])
        try await worker.startAndScan()
        try await worker.apply([WorkerFixture.event(Selectors(everything: true))])
        #expect(strange.allSatisfy { CacheFixture.version($0) == 0x41 })
        #expect(CacheFixture.version(newer) == 6)
        #expect(worker.board.skippedFiles == ["not_a_cache_file": 6, "other_version": 1])
        #expect(worker.board.problem == nil)
        try await worker.stop()
    }
}
