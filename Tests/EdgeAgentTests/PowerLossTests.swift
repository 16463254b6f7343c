import Foundation
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// docs/guarantees.md, how each fault is tried: power loss.
///
/// Files and database are put back to what a disk may hold after it.
@Suite(.serialized) struct PowerLossTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    @Test(arguments: [true, false])
    func `power loss: marks that never reached the disk are made again`(_ databaseIsOlderToo: Bool) async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let gone = try (0..<20).map { try fixture.store("http://a.test/\($0)", tags: "gone") }
        let kept = try (0..<20).map { try fixture.store("http://a.test/kept/\($0)", tags: "kept") }
        try await agent.start()
        let before = try agent.snapshot(files.path)
        let databaseBefore = try agent.snapshot(agent.directory)
        let offset = try await agent.apply(try WorkerFixture.event(tag: "gone"))
        #expect(!gone.contains(where: isLive))
        let after = try agent.snapshot(agent.directory)
        try await agent.stop()
        // The disk: the marks are not on it, the database may be.
        try AgentFixture.restore(before, to: files.path, isSameFiles: true)
        #expect(gone.allSatisfy(isLive))
        try AgentFixture.restore(databaseIsOlderToo ? databaseBefore : after, to: agent.directory, isSameFiles: false)
        try agent.boot()
        try await agent.start()
        #expect(agent.hasApplied(offset))
        #expect(!gone.contains(where: isLive))
        #expect(kept.allSatisfy(isLive))
        try await agent.close()
    }

    @Test func `power loss: what was replayed is not acknowledged before it is applied again`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let file = try fixture.store("http://a.test/", tags: "gone")
        try await agent.start()
        let offset = try await agent.apply(try WorkerFixture.event(tag: "gone"))
        let snapshot = try agent.snapshot(agent.directory)
        try await agent.stop()
        try AgentFixture.restore(snapshot, to: agent.directory, isSameFiles: false)
        try fixture.patch(file, at: 0, [5])
        try agent.boot()
        let store = try AgentStore.open(try configuration(agent), logger: .init(label: "test"))
        let queue = try PurgeQueue(database: store.database, entriesMax: 10)
        #expect(queue.positions().first.map { $0.offset <= offset } == true)
        #expect(queue.progress().first?.hasApplied(offset) == false)
        store.close()
        try await agent.close()
    }

    private func configuration(_ agent: AgentFixture) throws -> AgentConfiguration {
        var copy: AgentConfiguration?
        agent.change { copy = $0 }
        return try #require(copy)
    }

    @Test func `kill -9 on the same boot, and a clean stop before the next, replay nothing`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let file = try fixture.store("http://a.test/", tags: "gone")
        try await agent.start()
        let offset = try await agent.apply(try WorkerFixture.event(tag: "gone"))
        let killed = try agent.snapshot(agent.directory)
        try await agent.stop()
        let stopped = try agent.snapshot(agent.directory)
        for (snapshot, isNewBoot) in [(killed, false), (stopped, true)] {
            try AgentFixture.restore(snapshot, to: agent.directory, isSameFiles: false)
            if isNewBoot { try agent.boot() }
            let store = try AgentStore.open(try configuration(agent), logger: .init(label: "test"))
            let queue = try PurgeQueue(database: store.database, entriesMax: 10)
            #expect(queue.progress().first?.hasApplied(offset) == true, "new boot: \(isNewBoot)")
            store.close()
        }
        #expect(!isLive(file))
        try await agent.close()
    }

    @Test func `power loss: with the file of positions lost too, everything is flushed`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        let file = try fixture.store("http://a.test/", tags: "gone")
        let other = try fixture.store("http://a.test/other", tags: "other")
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "gone"))
        let snapshot = try agent.snapshot(agent.directory)
        try await agent.stop()
        try AgentFixture.restore(snapshot, to: agent.directory, isSameFiles: false)
        try Data("cut of".utf8).write(to: URL(fileURLWithPath: agent.directory + "/positions"))
        try fixture.patch(file, at: 0, [5])
        try agent.boot()
        try await agent.start()
        #expect(!isLive(file))
        #expect(!isLive(other), "nobody knew what to replay")
        #expect(agent.acknowledgement?.counts.flushes == 1)
        try await agent.close()
    }

    @Test func `power loss right after a flush: the flush is made again`() async throws {
        let agent = try AgentFixture(state: state, caches: [files.path])
        try await agent.start()
        try await agent.apply(try WorkerFixture.event(tag: "none"))
        try await agent.stop()
        try await agent.overrunRetention()
        let file = try fixture.store("http://a.test/", tags: "any")
        try await agent.start()
        #expect(agent.acknowledgement?.counts.flushes == 1)
        try await eventually("it is flushed") { !isLive(file) }
        let snapshot = try agent.snapshot(agent.directory)
        try await agent.stop()
        try AgentFixture.restore(snapshot, to: agent.directory, isSameFiles: false)
        try fixture.patch(file, at: 0, [5])
        try agent.boot()
        try await agent.start()
        #expect(agent.acknowledgement?.counts.flushes == 1)
        #expect(!isLive(file))
        try await agent.close()
    }
}
