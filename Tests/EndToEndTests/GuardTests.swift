import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension EndToEndTests {
    /// Fills that are in flight when a purge comes, with real nginx: each of these left an old page in the cache before
    /// there was a guard.
    @Suite struct GuardTests: SharesEnvironment {
        /// The cache whose agent these tests look at.
        private var cache: DevEnvironment.Cache { get throws { try environment.ready.caches[0] } }

        private func hold(_ path: String, _ part: String) async throws {
            try await environment.origin(.POST, "hold?path=\(path)&part=\(part)")
        }

        /// Asks for a page whose answer is held back, and returns when the origin has the request.
        private func begin(
            _ path: String, _ target: String, encoding: String? = nil, fetches: Int = 1
        ) async throws -> Task<WebClient.Page, any Error> {
            let (environment, cache) = (try environment, try cache)
            let task = Task { try await environment.web.page(cache, target, encoding: encoding) }
            try await eventually("the origin has the request for \(path)") {
                try await environment.origin(.GET, "held?path=\(path)")["held"].int == fetches
            }
            return task
        }

        /// Raises the version of a page, purges, lets the old answers go and waits for them.
        private func purge(
            _ path: String, _ body: String, invalidate: Bool = false, then tasks: [Task<WebClient.Page, any Error>]
        ) async throws {
            try await environment.origin(.POST, "bump?path=\(path)")
            try await environment.purge(body, invalidate: invalidate)
            try await environment.origin(.POST, "release?path=\(path)")
            for task in tasks { _ = try await task.value }
        }

        /// Expects that an old page goes from the cache, and that the new one stays in it.
        private func expectNew(_ target: String, _ version: String = "2", encoding: String? = nil) async throws {
            let (environment, cache) = (try environment, try cache)
            try await eventually("\(target) is new") {
                try await environment.web.page(cache, target, encoding: encoding).version == version
            }
            try await eventually("the new \(target) is cached") {
                let page = try await environment.web.page(cache, target, encoding: encoding)
                #expect(page.version == version)
                return page.cacheStatus == "HIT"
            }
        }

        private func guardStatus() async throws -> JSONValue {
            try await environment.web.admin(try cache, "/v1/status")["guard"]
        }

        @Test(arguments: ["head", "body"])
        func `an answer that is under way when its page is purged does not stay`(part: String) async throws {
            let path = "/guard/\(part)"
            let target = "\(path)?tags=guard-\(part)&bytes=20000"
            let before = try await guardStatus()
            try await hold(path, part)
            let old = try await begin(path, target)
            try await purge(path, #"{"tags":["guard-\#(part)"]}"#, then: [old])
            #expect(try await old.value.version == "1")
            try await expectNew(target)
            let after = try await guardStatus()
            #expect((after["removed_stale"].int ?? 0) > (before["removed_stale"].int ?? 0))
            #expect((after["removed_unproven"].int ?? 0) == (before["removed_unproven"].int ?? 0))
            #expect(after["log_problem"] == .null && after["bad_log_lines"].int == 0)
        }

        @Test func `a page that is asked for all the time is fetched once more, not more often`() async throws {
            let target = "/guard/hot?tags=guard-hot"
            try await environment.warm([target])
            try await environment.purge(#"{"tags":["guard-hot"]}"#)
            let (environment, cache) = (try environment, try cache)
            let before = try await environment.origin(.GET, "requests?path=/guard/hot")["requests"].int ?? 0
            var misses = 0
            for _ in 0..<300 where try await environment.web.page(cache, target).cacheStatus != "HIT" { misses += 1 }
            #expect((1...2).contains(misses))
            let fetches = (try await environment.origin(.GET, "requests?path=/guard/hot")["requests"].int ?? 0) - before
            #expect(fetches == misses)
        }

        @Test func `an update in the background does not bring the old page back`() async throws {
            let path = "/updating/guard"
            let target = "\(path)?tags=guard-update&max_age=1"
            let (environment, cache) = (try environment, try cache)
            _ = try await environment.web.page(cache, target)
            try await eventually("it is stale") {
                try await environment.web.page(cache, target).cacheStatus != "HIT"
            }
            try await eventually("it is fresh again") {
                try await environment.web.page(cache, target).cacheStatus == "HIT"
            }
            try await environment.origin(.POST, "bump?path=\(path)")
            try await hold(path, "head")
            try await eventually("an update is under way") {
                // Where an earlier guard has just taken the page, this visitor waits for the origin too.
                Task { _ = try? await environment.web.page(cache, target) }
                return try await environment.origin(.GET, "held?path=\(path)")["held"].int ?? 0 >= 1
            }
            // The update brings version 2, and the page is at 3.
            try await purge(path, #"{"tags":["guard-update"]}"#, then: [])
            try await eventually("it is new") {
                try await environment.web.page(cache, target).version == "3"
            }
            // The update may land after the new page, and is there until the agent has reacted.
            try await eventually("it stays new") {
                for _ in 0..<20 where try await environment.web.page(cache, target).version != "3" { return false }
                return true
            }
        }

        @Test func `a 304 that is under way does not undo an invalidation`() async throws {
            let path = "/revalidate/guard"
            let target = "\(path)?tags=guard-304"
            try await environment.warm([target])
            let body = #"{"tags":["guard-304"]}"#
            try await environment.purge(body, invalidate: true)
            try await hold(path, "head")
            let old = try await begin(path, target)
            // The origin has answered 304, and now the page changes.
            try await purge(path, body, invalidate: true, then: [old])
            #expect(try await old.value.cacheStatus == "REVALIDATED")
            try await expectNew(target)
        }

        @Test func `a variant that is under way goes too`() async throws {
            let path = "/vary/guard"
            let target = "\(path)?tags=guard-vary"
            try await environment.warm([target], encoding: "br")
            try await hold(path, "head")
            let old = try await begin(path, target, encoding: "gzip")
            try await purge(path, #"{"tags":["guard-vary"]}"#, then: [old])
            try await expectNew(target, encoding: "gzip")
            try await expectNew(target, encoding: "br")
        }

        @Test func `a slice that is under way goes too`() async throws {
            let path = "/slice/guard"
            let target = "\(path)?tags=guard-slice"
            try await hold(path, "head")
            let old = try await begin(path, target)
            try await environment.origin(.POST, "bump?path=\(path)")
            try await environment.purge(#"{"tags":["guard-slice"]}"#)
            try await environment.origin(.POST, "release?path=\(path)")
            // Its slices are of two versions: nginx breaks the answer off.
            _ = try? await old.value
            let (environment, cache) = (try environment, try cache)
            try await eventually("the whole file is new") {
                guard let page = try? await environment.web.page(cache, target) else { return false }
                return page.version == "2" && page.body.count > 3 << 20
            }
        }

        @Test(arguments: ["head", "body"])
        func `without the access log an answer that is under way does not stay either`(part: String) async throws {
            let path = "/guard/blind-\(part)"
            let target = "\(path)?tags=guard-blind-\(part)&bytes=20000"
            try await withAgent(isLogged: false, window: "1m") {
                try await hold(path, part)
                let old = try await begin(path, target)
                try await purge(path, #"{"tags":["guard-blind-\#(part)"]}"#, then: [old])
                try await expectNew(target)
            }
        }

        @Test func `without a guard an answer that is under way stays: these tests see what they are for`() async throws
        {
            try await withAgent(isLogged: true, window: "0s") {
                let (environment, cache) = (try environment, try cache)
                for part in ["head", "body"] {
                    let path = "/guard/none-\(part)"
                    let target = "\(path)?tags=guard-none-\(part)&bytes=20000"
                    let body = #"{"tags":["guard-none-\#(part)"]}"#
                    try await hold(path, part)
                    let old = try await begin(path, target)
                    try await purge(path, body, then: [old])
                    for _ in 0..<20 {
                        let page = try await environment.web.page(cache, target)
                        #expect(page.cacheStatus == "HIT" && page.version == "1")
                    }
                    try await environment.purge(body)
                    #expect(try await environment.web.page(cache, target).version == "2")
                }
            }
        }

        /// Runs `body` with an agent that has another guard.
        ///
        /// Whatever comes, the other tests get back the agent that they know.
        private func withAgent(isLogged: Bool, window: String, _ body: () async throws -> Void) async throws {
            let (environment, cache) = (try environment, try cache)
            let original = try environment.configuration(of: cache)
            let lines = original.split(separator: "\n").filter { isLogged || !$0.contains("access_log") }
            let changed = lines.joined(separator: "\n").replacing("guard:", with: "guard:\n  window: \(window)")
            do {
                try await environment.restart(cache, with: changed)
                try await body()
            } catch {
                try await environment.restart(cache, with: original)
                throw error
            }
            try await environment.restart(cache, with: original)
        }
    }
}
