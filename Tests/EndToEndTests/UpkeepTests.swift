import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Verify, rebuild, flush and reload, as an operator does them.
    @Suite struct UpkeepTests: SharesEnvironment {
        @Test func `verify finds nothing to repair, rebuild finds everything again, flush takes one machine`()
            async throws
        {
            let environment = try environment
            let cache = environment.ready.caches[0]
            let targets = (0..<50).map { "/upkeep/\($0)?tags=upkeep,upkeep\($0)" }
            try await environment.warm(targets)
            let verified = try await Program.run("verify", "--json", "--admin-socket", cache.adminSocket)
            #expect(verified.status == 0, "\(verified)")
            let answer = try JSONDecoder().decode(JSONValue.self, from: Data(verified.output.utf8))
            #expect(answer["task"]["state"].text == "done")
            let rebuilt = try await Program.run("rebuild", "--admin-socket", cache.adminSocket)
            #expect(rebuilt.status == 0, "\(rebuilt)")
            // Compares both ways: what rebuild had not found would be repaired now, and that is another exit code. How
            // many objects a purge finds says less, because purges that still guard are applied once more after a
            // rebuild.
            let compared = try await Program.run("verify", "--admin-socket", cache.adminSocket)
            #expect(compared.status == 0, "\(compared)")
            try await environment.purge(#"{"tags":["upkeep7"]}"#)
            for cache in environment.ready.caches {
                let page = try await environment.web.page(cache, targets[7])
                #expect(page.cacheStatus == "MISS", "\(cache.agent)")
            }
            let flushed = try await Program.run("flush", "--admin-socket", cache.adminSocket)
            #expect(flushed.status == 0, "\(flushed)")
            for (index, cache) in environment.ready.caches.enumerated() {
                let page = try await environment.web.page(cache, targets[1])
                #expect(page.cacheStatus == (index == 0 ? "MISS" : "HIT"), "\(cache.agent)")
            }
            let unknown = try await Program.run("flush", "--cache", "/nowhere", "--admin-socket", cache.adminSocket)
            #expect(unknown.status == 1 && unknown.errors.contains("/nowhere"), "\(unknown)")
        }

        @Test func `SIGHUP adds a cache path to a running agent`() async throws {
            let environment = try environment
            let cache = environment.ready.caches[1]
            let path = environment.ready.directory + "/another cache"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let original = try String(contentsOfFile: cache.agentConfig, encoding: .utf8)
            let item = "caches:\n  - path: \(path)\n    cache_key: $host$request_uri\n"
            let changed = original.replacingOccurrences(of: "caches:\n", with: item)
            #expect(changed != original, "\(original)")
            let process = try environment.processID(of: cache.agent).required
            try changed.write(toFile: cache.agentConfig, atomically: true, encoding: .utf8)
            kill(process, SIGHUP)
            try await eventually("the path is looked after") {
                try await paths(cache).contains(path)
            }
            try original.write(toFile: cache.agentConfig, atomically: true, encoding: .utf8)
            kill(process, SIGHUP)
            try await eventually("it is not any more") { try await !paths(cache).contains(path) }
            #expect(try environment.processID(of: cache.agent) == process, "it is the same process")
            try await environment.purge(#"{"tags":["reloaded"]}"#)
        }

        private func paths(_ cache: DevEnvironment.Cache) async throws -> String {
            "\(try await environment.web.admin(cache, "/v1/status")["caches"])"
        }
    }
}
