import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// What nginx is answered while purges are here that nobody has applied: the worker of these tests only learns.
@Suite struct AskJudgeTests {
    private let state: TemporaryDirectory
    private let cache: TemporaryDirectory

    init() throws {
        state = try TemporaryDirectory()
        cache = try TemporaryDirectory()
    }

    private func files(levels: [Int] = [1, 2]) -> CacheFixture { CacheFixture(path: cache.path, levels: levels) }

    /// Stores a response under the name that nginx gives it.
    @discardableResult
    private func store(
        _ path: String, tags: String = "", variant: String = "", hasVary: Bool = false, levels: [Int] = [1, 2],
        date: Int64 = 1_700_000_000
    ) throws -> String {
        let key = "http://a.example\(path)"
        let bytes = CacheFixture.bytes(
            key: key, head: tags.isEmpty ? "" : "Cache-Tag: \(tags)\r\n", date: date, hasVary: hasVary)
        let name = variant.isEmpty ? CacheFileName(ofCacheKey: Array(key.utf8)).text : CacheFixture.name(key + variant)
        return try files(levels: levels).store(bytes, name: name)
    }

    private func question(_ path: String, key: String? = nil) -> AskQuestion {
        AskQuestion(
            cacheKey: Array((key ?? "http://a.example\(path)").utf8), host: Array("a.example".utf8),
            requestURI: Array(path.utf8))
    }

    /// The judge of an agent that knows all its files.
    private func judge(_ fixture: WorkerFixture) async throws -> AskJudge {
        let target = try fixture.target()
        try target.start()
        try await eventually("all is known") {
            _ = try fixture.round(target)
            return !fixture.board.isScanning
        }
        return try fixture.judge()
    }

    /// Runs `body` with an agent that knows what is stored, and has no worker any more.
    private func withJudge(
        _ span: AskConfiguration.Span = .purge, cacheKeys: [String] = ["$scheme://$host$request_uri$slice_range"],
        _ body: (WorkerFixture, (AskQuestion) -> AskAnswer) throws -> Void
    ) async throws {
        let fixture = try WorkerFixture(state: state, caches: [cache.path], cacheKeys: cacheKeys, asks: span)
        let judge = try await self.judge(fixture)
        try body(fixture) { question in
            var buffer: [UInt8] = []
            return judge.verdict(question, buffer: &buffer).answer
        }
        try await fixture.stop()
    }

    @Test func `a file's name is the MD5 of its key`() {
        // From nginx: the file of http://shop.example/ask/other?tags=ask-other.
        let name = CacheFileName(ofCacheKey: Array("http://shop.example/ask/other?tags=ask-other".utf8))
        #expect(name.text == "98a4493403dc2b3c651ff9569473fcbf")
    }

    @Test(arguments: [[1, 2], [], [2, 2, 1]])
    func `what a waiting purge names is marked once, and what is stored later is served`(levels: [Int]) async throws {
        let named = try store("/named", tags: "t", levels: levels)
        let other = try store("/other", tags: "u", levels: levels)
        try await withJudge { fixture, answer in
            #expect(answer(question("/named")) == .serve)
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            #expect(FileManager.default.fileExists(atPath: state.path + "/ask"))
            #expect(answer(question("/other")) == .serve && CacheFixture.version(other) == 5)
            #expect(answer(question("/absent")) == .serve)
            #expect(answer(question("/named")) == .marked && CacheFixture.version(named) == 0)
            #expect(answer(question("/named")) == .serve)
            try store("/named", tags: "t", levels: levels)
            #expect(answer(question("/named")) == .serve && CacheFixture.version(named) == 5)
            // The next purge means that one too.
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            #expect(answer(question("/named")) == .marked && CacheFixture.version(named) == 0)
        }
    }

    @Test func `a purge that is applied is asked about no more`() async throws {
        let file = try store("/page", tags: "t")
        let fixture = try WorkerFixture(state: state, caches: [cache.path], guardWindow: .zero, asks: .purge)
        try await fixture.startAndScan()
        try await fixture.apply([try WorkerFixture.event(tag: "t")])
        #expect(CacheFixture.version(file) == 0)
        try store("/page", tags: "t")
        var buffer: [UInt8] = []
        #expect(try fixture.judge().verdict(question("/page"), buffer: &buffer).answer == .serve)
        #expect(fixture.queue.standing?.count == 0 && CacheFixture.version(file) == 5)
        try await fixture.stop()
    }

    @Test func `what is deleted is waited for, and nothing else`() async throws {
        try store("/page", tags: "t")
        try store("/stale", tags: "u")
        try await withJudge { fixture, _ in
            let judge = try fixture.judge()
            func expected(_ path: String) -> AskVerdict.Expectation? {
                var buffer: [UInt8] = []
                return judge.verdict(question(path), buffer: &buffer).expects
            }
            try fixture.enqueue([
                try WorkerFixture.event(tag: "t"), try WorkerFixture.event(tag: "u", mode: .invalidate),
            ])
            #expect(expected("/stale") == nil && expected("/stale") == nil && expected("/absent") == nil)
            let page = expected("/page")
            #expect(page != nil && expected("/page") == page)
            fixture.queue.standing?.applied((0...1).map { QueueKey(partition: 0, epoch: 0, offset: $0) })
            #expect(fixture.queue.standing?.count == 0)
            #expect(expected("/page") == page, "its purge is applied, and nobody has fetched it yet")
            try store("/page", tags: "t")
            #expect(expected("/page") == nil)
        }
    }

    /// A purge of one page is applied long before the page is fetched.
    @Test func `nginx asks as long as anybody waits for what was purged`() async throws {
        let clock = TestClock(.stands)
        let fixture = try WorkerFixture(state: state, caches: [cache.path], clock: clock, asks: .purge)
        let standing = try #require(fixture.queue.standing)
        func isThere() -> Bool { FileManager.default.fileExists(atPath: state.path + "/ask") }
        try fixture.enqueue([try WorkerFixture.event(tag: "t")])
        standing.applied([QueueKey(partition: 0, epoch: 0, offset: 0)])
        standing.keepMarker(isWaitedFor: false)
        #expect(isThere(), "purges come in a row")
        clock.advance(by: .seconds(60))
        standing.keepMarker(isWaitedFor: true)
        #expect(isThere())
        standing.keepMarker(isWaitedFor: false)
        #expect(!isThere())
        try await fixture.stop()
    }

    @Test func `one variant with the tag takes all of them, and slices too`() async throws {
        let variants = try ["", "gzip", "br"].map {
            try store("/vary", tags: $0 == "br" ? "t" : "", variant: $0, hasVary: true)
        }
        let slices = try ["bytes=0-9", "bytes=10-19"].map {
            try store("/film\($0)", tags: $0.hasSuffix("9") ? "t" : "")
        }
        try await withJudge { fixture, answer in
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            #expect(answer(question("/vary")) == .marked)
            for variant in variants { #expect(CacheFixture.version(variant) == 0) }
            // nginx asks for slices without a range.
            #expect(answer(question("/film")) == .marked)
            for slice in slices { #expect(CacheFixture.version(slice) == 0) }
        }
    }

    @Test func `an invalidation makes stale, once`() async throws {
        let file = try store("/page", tags: "t")
        try await withJudge { fixture, answer in
            try fixture.enqueue([try WorkerFixture.event(tag: "t", mode: .invalidate)])
            #expect(answer(question("/page")) == .marked)
            #expect(try CacheFixture.version(file) == 5 && #require(CacheFixture.validUntil(file)) < 2_000_000_000)
            #expect(answer(question("/page")) == .serve)
        }
    }

    @Test func `where keys say nothing, the visitor's host and target do`() async throws {
        let key = "0123abcd"
        let bytes = CacheFixture.bytes(key: key, head: "")
        let file = try files().store(bytes, name: CacheFileName(ofCacheKey: Array(key.utf8)).text)
        try await withJudge(cacheKeys: ["learn"]) { fixture, answer in
            try fixture.enqueue([try WorkerFixture.event(url: "https://a.example/page")])
            #expect(answer(question("/other", key: key)) == .serve && CacheFixture.version(file) == 5)
            #expect(answer(question("/page", key: key)) == .marked && CacheFixture.version(file) == 0)
        }
    }

    @Test func `what cannot be told is stale`() async throws {
        let file = try store("/page", tags: "t")
        try await withJudge(.guard) { fixture, answer in
            try fixture.enqueue([try WorkerFixture.event(url: "http://a.example/error")])
            // An error may be in nginx's memory.
            #expect(answer(question("/error")) == .stale(.unseen))
            #expect(answer(question("/elsewhere")) == .serve)
            #expect(answer(question("/page", key: "")) == .stale(.noKey))
            // Not the key of this cache, or nginx would have it too.
            #expect(answer(question("/page", key: "GETa.example/page")) == .stale(.noKey))
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            #expect(answer(question("/page")) == .marked)
            // It was born after the purge, but may have been asked for before.
            try store("/page", tags: "t", date: SystemClock().now.milliseconds / 1000 + 1)
            #expect(answer(question("/page")) == .stale(.unproven) && CacheFixture.version(file) == 5)
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/nowhere")
            #expect(answer(question("/page")) == .stale(.unreadable))
            fixture.queue.standing?.rename()
            #expect(answer(question("/elsewhere")) == .stale(.unsure))
        }
    }

    /// All of them were stale for as long as the caches were looked through, and nothing was stored meanwhile.
    @Test func `while caches are looked through, a look at the file answers`() async throws {
        let named = try store("/named", tags: "t")
        try store("/other", tags: "u")
        try store("/vary", hasVary: true)
        try await withJudge { fixture, _ in
            let judge = try fixture.judge()
            func verdict(_ path: String) -> AskVerdict {
                var buffer: [UInt8] = []
                return judge.verdict(question(path), buffer: &buffer)
            }
            fixture.board.scanBegan()
            try fixture.enqueue([try WorkerFixture.event(url: "http://a.example/absent")])
            // Nobody knows whether there are slices of it; where there is no file, a new one may be stored.
            #expect(verdict("/absent") == AskVerdict(answer: .stale(.unsure), keepsFile: false))
            for path in ["/named", "/other", "/vary", "/elsewhere"] {
                #expect(verdict(path).answer == .serve, "\(path)")
            }
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            #expect(verdict("/named").answer == .marked && CacheFixture.version(named) == 0)
            #expect(verdict("/other").answer == .serve)
            // Any variant, or slice, may have the tag.
            #expect(verdict("/vary") == AskVerdict(answer: .stale(.unsure), keepsFile: true))
            #expect(verdict("/elsewhere") == AskVerdict(answer: .stale(.unsure), keepsFile: false))
            fixture.board.scanEnded()
            for path in ["/vary", "/elsewhere"] { #expect(verdict(path).answer == .serve, "\(path)") }
        }
    }

    @Test func `tags count for the hosts of their purge's scope, and as long as it is here`() async throws {
        try await withJudge { fixture, _ in
            let standing = try #require(fixture.queue.standing)
            let (host, other) = (Array("example.a".utf8), Array("example.b".utf8))
            let scope = Scope([try HostPattern(validating: "a.example"), try HostPattern(validating: "*.a.example")])
            func tagged(_ tag: String) throws -> PurgeEvent {
                WorkerFixture.event(Selectors(tags: [try CacheTag(validating: tag)]), scope: scope)
            }
            try fixture.enqueue([
                try tagged("t"), try tagged("u"), try WorkerFixture.event(url: "http://b.example/page"),
            ])
            #expect(standing.mayTag([other, host]) && !standing.mayTag([other]))
            standing.applied([QueueKey(partition: 0, epoch: 0, offset: 0)])
            #expect(standing.mayTag([host]))
            standing.applied([QueueKey(partition: 0, epoch: 0, offset: 1)])
            #expect(!standing.mayTag([host]))
        }
    }

    @Test func `of two caches with one key each is brought in line, and one alone where it is named`() async throws {
        let films = try TemporaryDirectory()
        let plain = try store("/film", tags: "t")
        let slices = try ["bytes=0-9", "bytes=10-19"].map { range in
            let key = "http://a.example/film\(range)"
            return try CacheFixture(path: films.path, levels: [1, 2])
                .store(CacheFixture.bytes(key: key, head: ""), name: CacheFileName(ofCacheKey: Array(key.utf8)).text)
        }
        let fixture = try WorkerFixture(state: state, caches: [cache.path, films.path], asks: .purge)
        let judge = try await self.judge(fixture)
        func answer(_ named: String) -> AskAnswer {
            var buffer: [UInt8] = []
            var question = question("/film")
            question.cache = Array(named.utf8)
            return judge.verdict(question, buffer: &buffer).answer
        }
        func versions() -> [Int?] { ([plain] + slices).map { CacheFixture.version($0).map(Int.init) } }
        try fixture.enqueue([try WorkerFixture.event(url: "http://a.example/film")])
        #expect(answer("/nowhere") == .stale(.noKey))
        #expect(answer(films.path) == .marked)
        #expect(versions() == [5, 0, 0])
        #expect(answer(cache.path) == .marked)
        #expect(versions() == [0, 0, 0])
        // The file of the one hid the slices of the other.
        try store("/film", tags: "t")
        try fixture.enqueue([try WorkerFixture.event(url: "http://a.example/film")])
        for (slice, range) in zip(slices, ["bytes=0-9", "bytes=10-19"]) {
            let key = "http://a.example/film\(range)"
            let bytes = CacheFixture.bytes(key: key, head: "")
            let again = try CacheFixture(path: films.path, levels: [1, 2])
                .store(bytes, name: CacheFileName(ofCacheKey: Array(key.utf8)).text)
            #expect(again == slice)
        }
        #expect(versions() == [5, 5, 5])
        #expect(answer("") == .marked)
        #expect(versions() == [0, 0, 0])
        try await fixture.stop()
    }

    @Test func `what an earlier run left is stale until it is read`() async throws {
        try store("/page", tags: "t")
        do {
            let fixture = try WorkerFixture(state: state, caches: [cache.path], asks: .purge)
            try fixture.enqueue([try WorkerFixture.event(tag: "u")])
            try await fixture.stop()
        }
        let fixture = try WorkerFixture(state: state, caches: [cache.path], asks: .purge)
        var buffer: [UInt8] = []
        let judge = try fixture.judge()
        #expect(judge.verdict(question("/page"), buffer: &buffer).answer == .stale(.unsure))
        #expect(fixture.queue.standing?.isUncertain == true)
        #expect(try !fixture.queue.readAhead(limit: 16))
        #expect(fixture.queue.standing?.isUncertain == false, "the worker has not come to it")
        try await fixture.startAndScan()
        try await eventually("the purge is applied") { fixture.isApplied(0) }
        #expect(judge.verdict(question("/page"), buffer: &buffer).answer == .serve)
        try await fixture.stop()
    }
}
