import Foundation
import Kafka
import NIOCore
import NIOHTTP1
import PurgeModel
import TestSupport
import Testing

/// docs/guarantees.md, how each fault is tried: disk full, for the state directory of a real agent, which is started
/// again when it ends.
@Suite(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root")) struct FullDiskTests {
    private static let purges = 60
    /// Too small for the room that RocksDB reserves for its log ahead of time, where the file system can do that.
    private static let volumeBytes = 16 << 20

    @Test func `disk full: nothing is told that was not done, and every purge is applied when there is room`()
        async throws
    {
        try await DevEnvironment.run(options: ["--caches", "1"]) { environment in
            let cache = environment.ready.caches[0]
            let state = "\(environment.ready.directory)/\(cache.agent)/state"
            let machine = try FileManager.default.contents(atPath: state + "/machine").required
            let volume = try SmallVolume(state, bytes: Self.volumeBytes)
            defer { volume.unmount() }
            // It is the same machine, or its name would be taken.
            try machine.write(to: URL(filePath: state + "/machine"))
            // With a reserve the agent waits for room. Without one RocksDB meets the full disk, and may end the
            // process.
            for reserve in ["4MiB", "0"] {
                try await fillAndEmpty(volume, cache, environment, reserve: reserve)
            }
        }
    }

    private func fillAndEmpty(
        _ volume: SmallVolume, _ cache: DevEnvironment.Cache, _ environment: DevEnvironment, reserve: String
    ) async throws {
        let isReserved = reserve != "0"
        let lines = try environment.configuration(of: cache).split(separator: "\n")
            .filter { !$0.contains("state_reserve:") }
        let configuration = lines.joined(separator: "\n")
            .replacing("agent:\n", with: "agent:\n  state_reserve: \(reserve)\n")
        try await environment.restart(cache, with: configuration, signal: SIGKILL)
        let files = try await store(cache, environment, "full-\(reserve)")
        let kept = try await store(cache, environment, "kept-\(reserve)")
        let victim = try environment.processID(of: cache.agent).required
        try volume.fill()
        let ids = try await produce(environment, "full-\(reserve)")
        try await eventually("the agent cannot go on") {
            let now = try environment.processID(of: cache.agent)
            let status = try? await environment.web.admin(cache, "/v1/status", timeout: .seconds(5))
            return now != victim || status?["problem"].text != nil
        }
        if isReserved {
            try await eventually("the control plane knows why") {
                try await environment.agent(cache)["problem"].text?.contains("is to stay free") == true
            }
        }
        var told = 0
        for (id, file) in zip(ids, files) {
            let purge = try await environment.web.json(.GET, "\(environment.ready.control)/v1/purges/\(id)").value
            guard purge["state"].text == "confirmed" else { continue }
            told += 1
            #expect(!isLive(file), "\(id) is told as confirmed")
        }
        #expect(told < Self.purges)
        if isReserved { #expect(try environment.processID(of: cache.agent) == victim, "it ended") }
        try volume.empty()
        for id in ids { try await isConfirmed(id, environment) }
        try await environment.becomesLive(cache)
        #expect(!files.contains(where: isLive))
        var status = JSONValue.null
        try await eventually("the queue is empty, and nothing is wrong; \(status)") {
            status = try await environment.web.admin(cache, "/v1/status")
            return status["problem"].text == nil && status["queue_entries"].int == 0
        }
        if isReserved {
            #expect(kept.allSatisfy(isLive))
            #expect(status["counts"]["flushes"].int == 0)
        }
    }

    /// Fetches pages of a tag each; returns their files.
    private func store(
        _ cache: DevEnvironment.Cache, _ environment: DevEnvironment, _ name: String
    ) async throws -> [String] {
        for number in 0..<Self.purges {
            _ = try await environment.web.page(cache, "/\(name)/\(number)?tags=\(name)-\(number)")
        }
        // A visitor has the whole page before nginx puts its file into place.
        var found: [Int: String] = [:]
        try await eventually("every page has its file") {
            found = try files(of: cache, name)
            return found.count == Self.purges
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The live cache files of the pages of a tag each, by the page's number.
    private func files(of cache: DevEnvironment.Cache, _ name: String) throws -> [Int: String] {
        var found: [Int: String] = [:]
        for entry in try FileManager.default.subpathsOfDirectory(atPath: cache.cachePath) {
            let path = "\(cache.cachePath)/\(entry)"
            guard isLive(path) else { continue }
            let head = FileManager.default.contents(atPath: path)?.prefix(1000) ?? Data()
            guard let match = String(decoding: head, as: UTF8.self).firstMatch(of: /KEY: (.*)\n/),
                match.1.contains("tags=\(name)-"), let number = match.1.split(separator: "-").last.flatMap({ Int($0) })
            else { continue }
            found[number] = path
        }
        return found
    }

    private func isLive(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        return (try? file.read(upToCount: 1))?.first == 5
    }

    /// Produces purges, big ones, so that the log has to grow; returns their ids.
    private func produce(_ environment: DevEnvironment, _ name: String) async throws -> [String] {
        let producer = try Producer(environment.kafka())
        var generator = SystemRandomNumberGenerator()
        var ids: [String] = []
        for number in 0..<Self.purges {
            var event = PurgeEvent(
                id: .random(using: &generator), zone: "test", scope: .all,
                selectors: Selectors(tags: [try CacheTag(validating: "\(name)-\(number)")]),
                acceptedAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), source: "test")
            event.reason = String(repeating: "x", count: 20_000)
            _ = try await producer.send(
                topic: environment.ready.topics.events, key: Array("test".utf8), value: PurgeEventCodec.encode(event))
            ids.append("\(event.id)")
        }
        await producer.closeGracefully(flushing: .seconds(10))
        return ids
    }

    private func isConfirmed(_ id: String, _ environment: DevEnvironment) async throws {
        let url = "\(environment.ready.control)/v1/purges/\(id)?wait=60s"
        try await eventually("\(id) is confirmed") {
            try await environment.web.json(.GET, url).value["state"].text == "confirmed"
        }
    }
}
