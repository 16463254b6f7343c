import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension EndToEndTests {
    /// An agent with two cache paths, one of which is taken away.
    ///
    /// With version 0.1.0 no purge reached nginx any more, and SIGHUP without the path did nothing.
    @Suite struct AwayCacheTests: SharesEnvironment {
        @Test func `nginx's cache is purged meanwhile, and SIGHUP without the other confirms what waits`() async throws
        {
            let environment = try environment
            let cache = environment.ready.caches[0]
            let path = environment.ready.directory + "/away cache"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let original = try environment.configuration(of: cache)
            let item = "caches:\n  - path: \(path)\n    cache_key: $host$request_uri\n"
            let changed = original.replacingOccurrences(of: "caches:\n", with: item)
            #expect(changed != original, "\(original)")
            let process = try environment.processID(of: cache.agent).required
            let reload = { (configuration: String) in
                try configuration.write(toFile: cache.agentConfig, atomically: true, encoding: .utf8)
                kill(process, SIGHUP)
            }
            defer { try? reload(original) }
            try reload(changed)
            try await eventually("the path is looked after") {
                let status = try await environment.web.admin(cache, "/v1/status")
                return "\(status["caches"])".contains(path) && status["status"].text == "live"
            }
            let target = "/away/1?tags=away"
            try await environment.warm([target])

            try FileManager.default.removeItem(atPath: path)
            try await eventually("the path is told") {
                try await environment.web.admin(cache, "/v1/status")["problem"].text?.contains(path) == true
            }
            let id = try await environment.accept(#"{"tags":["away"]}"#)
            let purge = { try await environment.web.json(.GET, "\(environment.ready.control)/v1/purges/\(id)").value }
            try await eventually("the other agents have applied it") {
                let shares = try await purge()["by_agent"].items
                return shares.allSatisfy { $0["agent"].text == cache.agent || $0["applied_at"] != .null }
            }
            try await eventually("nginx has not the old page any more") {
                try await environment.web.page(cache, target).cacheStatus == "MISS"
            }
            #expect(try await purge()["state"].text != "confirmed")
            let text = try await Program.run("status", id, "--control", environment.ready.control)
            #expect(text.status == 0 && text.output.contains(cache.agent), "\(text)")
            try await eventually("the control plane tells the path too") {
                try await environment.agent(cache)["problem"].text?.contains(path) == true
            }

            try reload(original)
            _ = try await environment.confirmed(id)
            try await environment.becomesLive(cache)
            #expect(try await environment.web.admin(cache, "/v1/status")["problem"] == .null)
            #expect(try environment.processID(of: cache.agent) == process, "it is the same process")
            try await environment.expectCached([target])
        }
    }
}
