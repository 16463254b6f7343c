import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension EndToEndTests {
    /// Agents killed at the worst moment.
    @Suite struct CrashTests: SharesEnvironment {
        private static let objects = 10_000

        @Test
        func `kill -9 of the agent at any point: it finishes after its restart, and nothing else goes`()
            async throws
        {
            let environment = try environment
            let cache = environment.ready.caches[0]
            let others = (0..<200).map { "/crash/keep/\($0)?tags=keep" }
            var wasInTheMiddle = false
            for round in 0..<5 where !wasInTheMiddle {
                let targets = (0..<Self.objects).map { "/crash/\(round)/\($0)?tags=crash" }
                try await fetch(targets + others, cache)
                let before = try liveFiles(of: cache, tag: "crash")
                #expect(before.count == Self.objects)
                let id = try await environment.accept(#"{"tags":["crash"]}"#)
                let victim = try environment.processID(of: cache.agent).required
                try await eventually("the agent has begun") { before.contains { !isLive($0) } }
                kill(victim, SIGKILL)
                let left = before.filter(isLive).count
                wasInTheMiddle = left > 0
                _ = try await environment.confirmed(id)
                // Its cache is fenced until it has caught up.
                try await environment.becomesLive(cache)
                #expect(before.allSatisfy { !isLive($0) }, "all named are gone, round \(round)")
            }
            #expect(wasInTheMiddle, "the agent was always too fast to be killed in the middle")
            let verified = try await Program.run("verify", "--admin-socket", cache.adminSocket)
            #expect(verified.status == 0, "index and disk agree: \(verified)")
            for target in others {
                let page = try await environment.web.page(cache, target)
                #expect(page.cacheStatus == "HIT", "\(target) was not named")
            }
        }

        @Test func `a purge sent while an agent is down is applied when it is back`() async throws {
            let environment = try environment
            let cache = environment.ready.caches[1]
            try await environment.warm(["/down/1?tags=down", "/down/2?tags=up"])
            let victim = try environment.processID(of: cache.agent).required
            kill(victim, SIGSTOP)
            let id = try await environment.accept(#"{"tags":["down"]}"#)
            let open = try await environment.web.json(.GET, "\(environment.ready.control)/v1/purges/\(id)?wait=300ms")
            #expect(open.value["state"].text == "pending", "one agent has not even read it")
            kill(victim, SIGKILL)
            _ = try await environment.confirmed(id)
            try await environment.becomesLive(cache)
            try await environment.expect("MISS", ["/down/1?tags=down"])
            try await environment.expect("HIT", ["/down/2?tags=up"])
        }

        /// Fetches many pages through one cache.
        private func fetch(_ targets: [String], _ cache: DevEnvironment.Cache) async throws {
            let web = try environment.web
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, target) in targets.enumerated() {
                    if number >= 32 { try await group.next() }
                    group.addTask { _ = try await web.page(cache, target) }
                }
                try await group.waitForAll()
            }
        }

        /// The cache files that hold a tag and are not marked deleted.
        private func liveFiles(of cache: DevEnvironment.Cache, tag: String) throws -> [String] {
            let needle = Data("tags=\(tag)\n".utf8)
            let files = FileManager.default.enumerator(atPath: cache.cachePath)?.compactMap { $0 as? String } ?? []
            return files.map { "\(cache.cachePath)/\($0)" }.filter { path in
                guard let bytes = FileManager.default.contents(atPath: path) else { return false }
                return bytes.prefix(600).range(of: needle) != nil && isLive(path)
            }
        }

        private func isLive(_ path: String) -> Bool {
            guard let file = FileHandle(forReadingAtPath: path) else { return false }
            defer { try? file.close() }
            return (try? file.read(upToCount: 1))?.first == 5
        }
    }
}
