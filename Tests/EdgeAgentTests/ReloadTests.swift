import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Another list of caches while the agent runs, and at its start.
@Suite(.serialized) struct ReloadTests: OverCacheBench {
    let bench: CacheBench
    private let second: TemporaryDirectory
    private var first: TemporaryDirectory { files }

    init() throws {
        bench = try CacheBench()
        second = try TemporaryDirectory()
    }

    private func cache(_ path: String, key: String = "$scheme://$host$request_uri") -> CacheConfiguration {
        CacheConfiguration(path: path, cacheKeys: [key])
    }

    @Test func `a second cache path is looked after without a restart, and what it held is flushed`() async throws {
        let agent = try AgentFixture(state: state, caches: [first.path])
        let known = try CacheFixture(path: first.path).store("http://a.test/", tags: "known")
        let missed = try CacheFixture(path: second.path).store("http://a.test/", tags: "gone")
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "gone"))
        agent.reload([cache(first.path), cache(second.path)])
        try await eventually("what had missed the purge is flushed") { !isLive(missed) }
        try await agent.caughtUp()
        #expect(isLive(known))
        try await eventually("the flush is counted") { agent.acknowledgement?.counts.flushes == 1 }
        let new = try CacheFixture(path: second.path).store("http://a.test/new", tags: "new")
        try await agent.apply(try WorkerFixture.event(tag: "new"))
        #expect(!isLive(new))
        // Taken out, it is left alone.
        agent.reload([cache(first.path)])
        let left = try CacheFixture(path: second.path).store("http://a.test/left", tags: "left")
        try await eventually("the known object alone is indexed") {
            agent.acknowledgement?.status == .live && agent.caches == [first.path]
        }
        try await agent.apply(try WorkerFixture.event(tag: "left"))
        #expect(isLive(left))
        // And back: it has missed a purge.
        agent.reload([cache(first.path), cache(second.path)])
        try await eventually("it is flushed") { !isLive(left) }
        #expect(isLive(known))
        try await agent.close()
    }

    @Test func `a configuration that cannot be used changes nothing`() async throws {
        let agent = try AgentFixture(state: state, caches: [first.path])
        try await agent.start()
        agent.reload([cache(first.path), cache(second.path + "/nowhere")])
        agent.reload([cache(first.path), cache(first.path + "/inside")])
        let file = try CacheFixture(path: first.path).store("http://a.test/", tags: "t")
        try await agent.apply(try WorkerFixture.event(tag: "t"))
        #expect(!isLive(file))
        #expect(agent.caches == [first.path])
        try await agent.close()
    }

    /// What lies under another key was not found by purges, and comes back to visitors when nginx gets that key back.
    @Test func `another cache key makes the index anew without a restart, and flushes what had missed purges`()
        async throws
    {
        let agent = try AgentFixture(state: state, caches: [first.path])
        let store = { try CacheFixture(path: first.path).store("GET|a.test/page", tags: "t") }
        // Enough that fit the first key for the one that does not to be no problem.
        for number in 0..<150 { try CacheFixture(path: first.path).store("http://a.test/\(number)") }
        var file = try store()
        try await agent.start()
        agent.reload([cache(first.path, key: "$request_method|$host$request_uri")])
        try await eventually("what was there is flushed") { !isLive(file) }
        try await agent.caughtUp()
        file = try store()
        try await eventually("the object is known under its URL") { agent.objects("http://a.test/page") == 1 }
        let url = try PurgeURL(validating: "http://a.test/page")
        try await agent.apply(WorkerFixture.event(Selectors(urls: [url]), scope: .none))
        #expect(!isLive(file))
        try await agent.close()
    }
}
