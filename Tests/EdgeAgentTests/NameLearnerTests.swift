import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Objects whose cache keys nobody can take apart: told, and learnt from the access log.
@Suite(.serialized) struct NameLearnerTests: OverCacheBench {
    let bench: CacheBench
    private let logs: TemporaryDirectory
    private var log: String { logs.path + "/fetch.log" }

    private static let key = "K-/a-shop"
    /// The MD5 of the key.
    private static let name = "d9941295da458ab86318583544ed110c"

    init() throws {
        bench = try CacheBench()
        logs = try TemporaryDirectory()
        try Data().write(to: URL(filePath: log))
    }

    private func worker(_ keys: [String]) throws -> WorkerFixture {
        try WorkerFixture(
            state: state, caches: [files.path], guardWindow: .zero, accessLog: log, cacheKeys: keys)
    }

    private func store() throws -> String {
        try fixture.store(CacheFixture.bytes(key: Self.key, head: "Cache-Tag: t\r\n"), name: Self.name)
    }

    private func write(_ host: String, _ target: String) throws {
        let seconds = Date().timeIntervalSince1970
        let time = String(format: "%.3f", seconds)
        let line = "2|\(time)|0.010|0.005|MISS|\"\(host)\"|\"\(target)\"|\"\(Self.key)\"\n"
        let file = try #require(FileHandle(forWritingAtPath: log))
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
        try file.close()
    }

    private func purge(_ url: String) throws -> PurgeEvent {
        WorkerFixture.event(Selectors(urls: [try PurgeURL(validating: url)]), scope: .none)
    }

    @Test func `a name comes from the log, stays over a new fill, and purges find it by any query`() async throws {
        let worker = try worker(["learn"])
        try await worker.startAndScan()
        _ = try store()
        try await eventually("it is known, and by no name") { worker.board.counts.unmatched == 1 }
        try write("shop.example", "/a?utm=1")
        try await eventually("it has a name") { worker.board.counts.unmatched == 0 }
        let again = try store()
        // The index has the new file: nothing is unmatched, and the purge finds it.
        let told = try await worker.apply([try purge("https://shop.example/a?other")])
        #expect(told.first?.removed == 1)
        #expect(!isLive(again))
        #expect(worker.board.counts.unmatched == 0)
        try await worker.stop()
    }

    @Test func `an object has the name of every visitor, and a tag finds it in each of their zones`() async throws {
        let worker = try worker(["learn"])
        try await worker.startAndScan()
        let file = try store()
        try await eventually("it is known") { worker.board.counts.objectsIndexed == 1 }
        try write("one.test", "/a")
        try write("two.test", "/b")
        try await eventually("it has both names") {
            try worker.index.hostNumber(Array("test.one".utf8)) != nil
                && worker.index.hostNumber(Array("test.two".utf8)) != nil
        }
        let scope = Scope([try HostPattern(validating: "two.test")])
        let event = WorkerFixture.event(Selectors(tags: [try CacheTag(validating: "t")]), scope: scope)
        #expect(try await worker.apply([event]).first?.removed == 1)
        #expect(!isLive(file))
        try await worker.stop()
    }

    /// nginx names the file of a variant by more than the key, so the key does not lead to it.
    @Test func `a variant has the names of its key too, also those that come later`() async throws {
        let worker = try worker(["learn"])
        try await worker.startAndScan()
        let bytes = CacheFixture.bytes(key: Self.key, head: "Vary: Accept-Language\r\n", hasVary: true)
        let main = try fixture.store(bytes, name: Self.name)
        let variant = try fixture.store(bytes, name: CacheFixture.name("variant"))
        try await eventually("both are known") { worker.board.counts.unmatched == 2 }
        try write("one.test", "/a")
        try await eventually("both have the name") { worker.board.counts.unmatched == 0 }
        try write("two.test", "/a")
        try await eventually("and the other one") { try worker.index.hostNumber(Array("test.two".utf8)) != nil }
        #expect(try await worker.apply([try purge("https://two.test/a")]).first?.removed == 2)
        #expect(!isLive(main) && !isLive(variant))
        try await worker.stop()
    }

    /// What landed right before an agent was killed is found by the scan of the next one, after its line was read.
    @Test func `a line waits for the scan that finds its object`() async throws {
        try write("shop.example", "/a")
        let file = try store()
        for number in 0..<400 { try fixture.store("K-other-\(number)") }
        let worker = try worker(["learn"])
        try await worker.startAndScan()
        try await eventually("it has a name") { worker.board.counts.unmatched == 400 }
        #expect(try await worker.apply([try purge("https://shop.example/a")]).first?.removed == 1)
        #expect(!isLive(file))
        try await worker.stop()
    }

    @Test func `what is known to lack tags still does when it has a name`() async throws {
        let worker = try worker(["learn"])
        try await worker.startAndScan()
        let bytes = CacheFixture.bytes(key: Self.key, head: "Cache-Tag: t,no tag\r\n")
        try fixture.store(bytes, name: Self.name)
        try await eventually("it is known") { worker.board.counts.unmatched == 1 }
        try write("one.test", "/a")
        let selectors = Selectors(hosts: [try HostName(validating: "one.test")])
        func ranges() throws -> [IndexRange] {
            try worker.index.ranges(for: selectors, scope: .none, forms: worker.caches.forms)
        }
        try await eventually("it has a name") { try !ranges().isEmpty }
        let range = try #require(ranges().first)
        let ids = try worker.index.objectIDs(in: range, from: range.lower, limit: 1).ids
        #expect(try worker.index.records(ids).first?.record.lacksTags == true)
        try await worker.stop()
    }

    @Test func `files that fit no key are a problem with an example, until they are gone`() async throws {
        let worker = try worker(["$scheme://$host$request_uri"])
        try await worker.startAndScan()
        let file = try store()
        try await eventually("it is told") { worker.board.problem?.contains("fit none of the cache keys") == true }
        #expect(worker.board.problem?.contains("\"K-/a-shop\"") == true)
        #expect(worker.board.problem?.contains(Self.name) == true)
        try FileManager.default.removeItem(atPath: file)
        try await eventually("nothing is wrong any more") { worker.board.problem == nil }
        try await worker.stop()
    }

    @Test func `the census says which key each file fits`() throws {
        try fixture.store("http://a.test/x")
        try fixture.store("/only/a/path")
        _ = try store()
        let cache = CacheConfiguration(
            path: files.path, cacheKeys: ["$scheme://$host$request_uri", "$uri"], hosts: ["b.test"])
        let census = try CacheKeyCensus(cache, .cloudflare, limit: 100)
        #expect(census.files == 3)
        #expect(census.templates.map(\.files) == [1, 1])
        #expect(census.templates.map(\.severalReadings) == [0, 0])
        #expect(census.templates[1].example == "host \"b.test\", URL \"/only/a/path\"")
        #expect(census.unmatched == 1)
        #expect(census.unmatchedExample == "\"K-/a-shop\"")
    }
}
