import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension EndToEndTests {
    /// Caches taken out of service in the default mode, in the environment of the suite.
    @Suite struct FenceTests: SharesEnvironment {
        @Test func `an agent that was killed bypasses its cache until it has caught up`() async throws {
            let environment = try environment
            let cache = environment.ready.caches[0]
            try await environment.warm(["/fence/killed?tags=fence-killed", "/fence/other?tags=fence-other"])
            let victim = try environment.processID(of: cache.agent).required
            kill(victim, SIGSTOP)
            let id = try await environment.accept(#"{"tags":["fence-killed"]}"#)
            kill(victim, SIGKILL)
            // What is served from the cache after the restart is what is left when the purge has been applied.
            try await environment.becomesLive(cache)
            _ = try await environment.confirmed(id)
            try await eventually("the cache is in use again") {
                try await environment.web.page(cache, "/fence/other?tags=fence-other").cacheStatus == "HIT"
            }
            try await environment.expect("MISS", ["/fence/killed?tags=fence-killed"])
        }

        @Test func `held by hand, a cache is bypassed, and its agent goes on`() async throws {
            let environment = try environment
            let cache = environment.ready.caches[1]
            let page = "/fence/held?tags=fence-held"
            try await environment.warm([page])
            #expect(try await Program.run("fence", "--admin-socket", cache.adminSocket).output == "fenced (held)\n")
            #expect(try await environment.web.page(cache, page).cacheStatus == "BYPASS")
            try await environment.purge(#"{"tags":["fence-held"]}"#)
            #expect(try await environment.web.page(cache, page).cacheStatus == "BYPASS")
            #expect(try await environment.web.admin(cache, "/v1/status")["fence_reason"].text == "held")
            #expect(try await Program.run("unfence", "--admin-socket", cache.adminSocket).output == "in use\n")
            #expect(try await environment.web.page(cache, page).cacheStatus == "MISS")
            try await environment.staysCached(cache, page)
        }

        @Test(arguments: [true, false])
        func `agent stopped for planned work: it is not waited for, and comes back by catching up`(
            isRemote: Bool
        ) async throws {
            let environment = try environment
            let cache = environment.ready.caches[2]
            let page = "/fence/drained?tags=fence-drained"
            try await environment.warm([page])
            if isRemote {
                let url = "\(environment.ready.control)/v1/agents/\(cache.agent)/drain"
                #expect(try await environment.web.json(.POST, url).status == 202)
            } else {
                #expect(try await Program.run("drain", "--admin-socket", cache.adminSocket).output == "drained\n")
            }
            try await eventually("the agent is drained") {
                try await environment.web.admin(cache, "/v1/status")["drained"] == .bool(true)
            }
            #expect(try await environment.web.page(cache, page).cacheStatus == "BYPASS")
            try await eventually("everybody knows") {
                try await environment.agent(cache)["drained"] == .bool(true)
            }
            // It is away while the purge is confirmed: not even its process runs.
            let victim = try environment.processID(of: cache.agent).required
            kill(victim, SIGSTOP)
            let purge = try await environment.purge(#"{"tags":["fence-drained"]}"#)
            #expect(purge["agents"]["expected"].int == environment.ready.caches.count - 1)
            #expect(try await environment.web.page(cache, page).cacheStatus == "BYPASS")
            kill(victim, SIGCONT)
            if isRemote {
                let url = "\(environment.ready.control)/v1/agents/\(cache.agent)/resume"
                #expect(try await environment.web.json(.POST, url).status == 202)
            } else {
                _ = try await Program.run("resume", "--admin-socket", cache.adminSocket)
            }
            try await environment.becomesLive(cache)
            #expect(try await environment.web.page(cache, page).cacheStatus == "MISS")
            try await environment.staysCached(cache, page)
        }
    }
}
