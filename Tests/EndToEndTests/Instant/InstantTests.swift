import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

/// A purge is effective at once, whatever it names: real nginx, which asks, and readers all the time.
///
/// `make instant OBJECTS=1000000`; a short run is part of all tests.
@Suite struct InstantTests {
    /// What readers saw of one purge.
    private struct Figures {
        /// From the answer of the API to the end of the last read of an old page; nil: none was read.
        var lastOld: Duration?
        var effective: Duration
        var confirmed: Duration
        var removed: Int
    }

    /// One read.
    private struct Read: Sendable {
        var begin: ContinuousClock.Instant
        var end: ContinuousClock.Instant
        var isOld: Bool
        var isHit: Bool
    }

    /// What all readers saw.
    private final class ReadLog: Sendable {
        private let reads = Mutex<[Read]>([])

        func add(_ read: Read) { reads.withLock { $0.append(read) } }
        var all: [Read] { reads.withLock { $0 } }
    }

    private static let readers = 8
    /// Pages that readers ask for, among all.
    private static let sample = 400
    /// Of these, how many of those that are named.
    private static let read = 50

    @Test func `nobody gets what a purge names once it is effective, however many files that are`() async throws {
        let count = ProcessInfo.processInfo.environment["EDGE_PURGE_INSTANT_OBJECTS"].flatMap { Int($0) } ?? 4000
        try await DevEnvironment.run(options: ["--ask", "purge", "--caches", "1"]) { environment in
            let cache = environment.ready.caches[0]
            try await InstantFiles(count: count, cache: cache.cachePath).make()
            try await takeUp(environment, cache, count)
            // Of both halves as many.
            let numbers = (0..<Self.sample).map { $0 * (count / Self.sample) / 2 * 2 + $0 % 2 }
            let halves = [numbers.filter { $0 % 2 == 0 }, numbers.filter { $0 % 2 == 1 }]

            let one = try await purge(
                environment, "{\"files\":[\"http://\(InstantFiles.host)\(InstantFiles.target(numbers[0]))\"]}",
                named: [numbers[0]])
            // One that was fetched anew before the purge was applied is not always counted.
            #expect(one.removed <= 1)
            let hits = try await reads(environment, halves[1])
            let half = try await purge(environment, #"{"tags":["half-0"]}"#, named: halves[0])
            // What is not named is as it was.
            let hitsAfter = try await reads(environment, halves[1])
            #expect(hits.filter(\.isHit).count == hits.count)
            #expect(hitsAfter.filter(\.isHit).count == hits.count)
            let all = try await purge(environment, #"{"purge_everything":true}"#, named: numbers)
            print(
                """
                instant: \(count) objects
                  one object   last old page \(Self.text(one.lastOld)), effective \(Self.text(one.effective)), \
                applied \(Self.text(one.confirmed)) after the API's answer
                  half, by tag last old page \(Self.text(half.lastOld)), effective \(Self.text(half.effective)), \
                applied \(Self.text(half.confirmed)), \(half.removed) objects
                  everything   last old page \(Self.text(all.lastOld)), effective \(Self.text(all.effective)), \
                applied \(Self.text(all.confirmed)), \(all.removed) objects
                """)
        }
    }

    /// A new nginx finds what was put into the cache, and the agent has seen it come.
    private func takeUp(
        _ environment: DevEnvironment, _ cache: DevEnvironment.Cache, _ count: Int
    ) async throws {
        let old = try environment.processIDs().nginx[cache.agent].required
        kill(old, SIGTERM)
        try await eventually("another nginx answers") {
            let new = try environment.processIDs().nginx[cache.agent]
            let page = try? await environment.web.page(cache, InstantFiles.target(0))
            return new != nil && new != old && page?.cacheStatus == "HIT"
        }
        try await eventually("all is indexed", within: .seconds(300)) {
            let status = try? await environment.web.admin(cache, "/v1/status")
            return status?["counts"]["objects_indexed"].int ?? 0 >= count
        }
    }

    /// Raises the version of everything and purges, while readers ask for what is named.
    private func purge(_ environment: DevEnvironment, _ body: String, named numbers: [Int]) async throws -> Figures {
        var old: [Int: Int] = [:]
        for number in numbers.prefix(Self.read) { old[number] = try await version(environment, number) }
        try await environment.origin(.POST, "bump")
        let log = ReadLog()
        let pages = old.sorted { $0.key < $1.key }
        let task = Task {
            await withTaskGroup(of: Void.self) { group in
                for reader in 0..<Self.readers {
                    group.addTask {
                        var random = SeededGenerator(seed: UInt64(reader))
                        while !Task.isCancelled {
                            let page = random.pick(pages)
                            guard let read = try? await read(environment, page.key, old: page.value) else { continue }
                            log.add(read)
                        }
                    }
                }
            }
        }
        try await eventually("readers get old pages") { log.all.contains(where: \.isOld) }
        let id = try await environment.accept(body)
        let answered = ContinuousClock.now
        let first = try await environment.web.json(
            .GET, "\(environment.ready.control)/v1/purges/\(id)?wait=60s&until=effective")
        let effective = ContinuousClock.now
        #expect(first.value["effective_at"].text != nil, "\(first.value)")
        let last = try await environment.web.json(
            .GET, "\(environment.ready.control)/v1/purges/\(id)?wait=5m", timeout: .seconds(310))
        let confirmed = ContinuousClock.now
        #expect(last.value["state"].text == "confirmed", "\(last.value)")
        task.cancel()
        await task.value
        let all = log.all
        let stale = all.filter { $0.isOld && $0.begin > effective }
        #expect(stale.isEmpty, "\(stale.count) of \(all.count) reads")
        return Figures(
            lastOld: all.filter { $0.isOld && $0.end > answered }.map { answered.duration(to: $0.end) }.max(),
            effective: answered.duration(to: effective), confirmed: answered.duration(to: confirmed),
            removed: last.value["removed"].int ?? 0)
    }

    private func version(_ environment: DevEnvironment, _ number: Int) async throws -> Int {
        let page = try await environment.web.page(environment.ready.caches[0], InstantFiles.target(number))
        return try Int(page.version).required
    }

    private func read(_ environment: DevEnvironment, _ number: Int, old: Int) async throws -> Read {
        let begin = ContinuousClock.now
        let page = try await environment.web.page(environment.ready.caches[0], InstantFiles.target(number))
        return Read(
            begin: begin, end: .now, isOld: try Int(page.version).required <= old, isHit: page.cacheStatus == "HIT")
    }

    private func reads(_ environment: DevEnvironment, _ numbers: [Int]) async throws -> [Read] {
        var reads: [Read] = []
        for number in numbers { reads.append(try await read(environment, number, old: 0)) }
        return reads
    }

    private static func text(_ duration: Duration?) -> String {
        guard let duration else { return "never" }
        return "\(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000) ms"
    }
}
