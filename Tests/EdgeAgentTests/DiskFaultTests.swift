import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// docs/guarantees.md, how each fault is tried: disk full, read-only disk, permission lost.
///
/// Real file systems, small ones in memory; to mount them needs root.
@Suite(.serialized, .enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"))
struct DiskFaultTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    @Test func `read-only disk: a cache that cannot be written keeps its purges waiting, and gets them after that`()
        async throws
    {
        let path = files.path + "/cache"
        let volume = try SmallVolume(path, bytes: 8 << 20)
        let agent = try AgentFixture(state: state, caches: [path])
        let stored = try (0..<50).map { try CacheFixture(path: path).store("http://a.test/\($0)", tags: "t") }
        try await agent.start()
        try volume.remount("ro")
        let offset = try await agent.send(try WorkerFixture.event(tag: "t"))
        try await eventually("it says why", within: .seconds(60)) {
            agent.acknowledgement?.problem?.contains("Read-only file system") == true
        }
        #expect(!agent.hasApplied(offset))
        try volume.remount("rw")
        try await eventually("the purge is applied", within: .seconds(60)) { agent.hasApplied(offset) }
        try await agent.caughtUp()
        #expect(!stored.contains(where: isLive))
        try await agent.close()
        volume.unmount()
    }

    @Test func `disk full: a mark fits into a cache without room`() async throws {
        let path = files.path + "/cache"
        let volume = try SmallVolume(path, bytes: 8 << 20)
        let agent = try AgentFixture(state: state, caches: [path])
        let file = try CacheFixture(path: path).store("http://a.test/", tags: "t")
        try await agent.start()
        try volume.fill()
        try await agent.apply(try WorkerFixture.event(tag: "t"))
        #expect(!isLive(file))
        try await agent.close()
        volume.unmount()
    }
}
