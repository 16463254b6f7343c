import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// docs/guarantees.md, how each fault is tried: index or queue corrupt.
///
/// Bytes are flipped in the real files of the database.
@Suite(.serialized) struct DamagedDatabaseTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    private func database(_ agent: AgentFixture, _ suffixOrPrefix: String) throws -> [String] {
        let directory = agent.directory + "/db"
        let isSuffix = suffixOrPrefix.hasPrefix(".")
        return try FileManager.default.contentsOfDirectory(atPath: directory)
            .filter { isSuffix ? $0.hasSuffix(suffixOrPrefix) : $0.hasPrefix(suffixOrPrefix) }
            .map { directory + "/" + $0 }
    }

    /// Changes bytes in place: whoever has the file open sees it.
    private func damage(_ path: String, every stride: Int, from start: Int = 0) throws {
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        let size = Int(try handle.seekToEnd())
        for position in Swift.stride(from: start, to: size, by: stride) {
            try handle.seek(toOffset: UInt64(position))
            let byte = try #require(try handle.read(upToCount: 1)?.first)
            try handle.seek(toOffset: UInt64(position))
            try handle.write(contentsOf: Data([byte ^ 0x5A]))
        }
        try handle.close()
    }

    private func damaged(_ agent: AgentFixture) -> [String] { DamagedDatabases(agent.directory).names() }

    @Test(arguments: [".sst", ".log", "CURRENT", "MANIFEST"])
    func `index or queue corrupt: whatever file it is in, no purge is lost and nothing else is removed`(
        _ kind: String
    ) async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let early = try (0..<300).map { try fixture.store("http://a.test/early/\($0)", tags: "early") }
        let late = try (0..<300).map { try fixture.store("http://a.test/late/\($0)", tags: "late") }
        let kept = try (0..<300).map { try fixture.store("http://a.test/kept/\($0)", tags: "kept,\($0)") }
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "early"))
        let machine = try #require(agent.acknowledgement?.machine)
        try await agent.stop()
        for path in try database(agent, kind) { try damage(path, every: 7) }
        // Accepted while the agent is away.
        let offset = try await agent.send(try WorkerFixture.event(tag: "late"))
        try await agent.start()
        try await eventually("the purge is applied") { agent.hasApplied(offset) }
        #expect(!early.contains(where: isLive))
        #expect(!late.contains(where: isLive))
        #expect(kept.allSatisfy(isLive))
        #expect(agent.acknowledgement?.counts.flushes == 0)
        #expect(agent.acknowledgement?.machine == machine, "a database made anew is no other machine")
        // A log that is damaged is cut there by RocksDB itself: then the database only goes back in time.
        if kind != ".log" { #expect(damaged(agent).count == 1) }
        try await agent.close()
    }

    @Test func `index or queue corrupt: damage that is met while running is mended in the same process`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        agent.change { $0.blockCacheBytes = 1 << 20 }
        let gone = try (0..<3000).map { try fixture.store("http://a.test/\($0)", tags: "gone,t\($0)") }
        let kept = try (0..<3000).map { try fixture.store("http://a.test/kept/\($0)", tags: "kept,k\($0)") }
        try await agent.start()
        for path in try database(agent, ".sst") { try damage(path, every: 50) }
        let offset = try await agent.send(try WorkerFixture.event(tag: "gone"))
        try await eventually("the purge is applied", within: .seconds(60)) { agent.hasApplied(offset) }
        try await agent.caughtUp()
        #expect(!gone.contains(where: isLive))
        #expect(kept.allSatisfy(isLive))
        #expect(damaged(agent).count == 1)
        // The new one is sound.
        let file = try fixture.store("http://a.test/new", tags: "new")
        try await agent.apply(try WorkerFixture.event(tag: "new"))
        #expect(!isLive(file))
        try await agent.close()
    }

    @Test func `index or queue corrupt: nobody knows what was missed, so everything is flushed`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let file = try fixture.store("http://a.test/", tags: "any")
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "none"))
        try await agent.stop()
        try await agent.overrunRetention()
        for path in try database(agent, "CURRENT") { try damage(path, every: 1) }
        try FileManager.default.removeItem(atPath: agent.directory + "/positions")
        try await agent.start()
        #expect(agent.acknowledgement?.counts.flushes == 1)
        #expect(!isLive(file))
        try await agent.close()
    }

    @Test func `index or queue corrupt: where Kafka still has everything, nothing is flushed`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let gone = try fixture.store("http://a.test/gone", tags: "gone")
        let kept = try fixture.store("http://a.test/kept", tags: "kept")
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "none"))
        try await agent.stop()
        let offset = try await agent.send(try WorkerFixture.event(tag: "gone"))
        for path in try database(agent, "CURRENT") { try damage(path, every: 1) }
        try FileManager.default.removeItem(atPath: agent.directory + "/positions")
        try await agent.start()
        #expect(agent.hasApplied(offset))
        #expect(agent.acknowledgement?.counts.flushes == 0)
        #expect(!isLive(gone))
        #expect(isLive(kept))
        try await agent.close()
    }

    @Test func `index or queue corrupt: retention ran over what the lost queue still had, so everything is flushed`()
        async throws
    {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let file = try fixture.store("http://a.test/", tags: "any")
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "none"))
        try await agent.stop()
        try await agent.overrunRetention()
        for path in try database(agent, "MANIFEST") { try damage(path, every: 3) }
        try await agent.start()
        #expect(agent.acknowledgement?.counts.flushes == 1)
        #expect(!isLive(file))
        try await agent.close()
    }

    @Test func `a database that somebody removed is made anew, and what was missed is read again`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let file = try fixture.store("http://a.test/", tags: "gone")
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "none"))
        try await agent.stop()
        let offset = try await agent.send(try WorkerFixture.event(tag: "gone"))
        try FileManager.default.removeItem(atPath: agent.directory + "/db")
        try await agent.start()
        #expect(agent.hasApplied(offset))
        #expect(!isLive(file))
        try await agent.close()
    }

    @Test func `only the last damaged databases are kept`() throws {
        let directory = state.path
        let damaged = DamagedDatabases(directory)
        for number in 0..<5 {
            try FileManager.default.createDirectory(atPath: directory + "/db", withIntermediateDirectories: false)
            let path = try damaged.moveAside(time: Date(timeIntervalSince1970: Double(number / 2)))
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(damaged.names().count == min(2, number + 1))
        }
        #expect(damaged.names() == ["db.damaged-19700101T000001Z-2", "db.damaged-19700101T000002Z"])
    }
}
