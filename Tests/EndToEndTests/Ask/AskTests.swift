import Foundation
import NIOHTTP1
import TestSupport
import Testing

/// nginx asks the agent: a purge takes effect as soon as it has come, whether or not it can be applied.
@Suite(.timeLimit(.minutes(5))) struct AskTests {
    /// Runs `body` on an environment whose agent takes purges in and cannot apply any: a link in its cache, which it
    /// may not look into, keeps it from knowing what it holds.
    func withStuckAgent(
        warm targets: [String], _ body: (DevEnvironment, DevEnvironment.Cache, _ link: String) async throws -> Void
    ) async throws {
        try await DevEnvironment.run(options: ["--ask", "purge", "--caches", "1", "--fence-mode", "off"]) {
            environment in
            let cache = environment.ready.caches[0]
            try await environment.warm(targets)
            // In the place of a directory that nginx has not made.
            let link = try "0123456789abcdef".map { "\(cache.cachePath)/\($0)" }
                .first { !FileManager.default.fileExists(atPath: $0) }.required
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/nowhere")
            let victim = try environment.processID(of: cache.agent).required
            kill(victim, SIGTERM)
            try await eventually("an agent that cannot look through its cache runs") {
                let status = try? await environment.web.admin(cache, "/v1/status")
                return try environment.processID(of: cache.agent) != victim && status?["status"].text == "starting"
                    && status?["problem"].text?.contains("link") == true
            }
            try await body(environment, cache, link)
        }
    }

    /// What the agent has queued and not applied; nil when it does not answer.
    func waiting(_ environment: DevEnvironment, _ cache: DevEnvironment.Cache) async -> Int? {
        let status = try? await environment.web.admin(cache, "/v1/status")
        return status?["partitions"].items.reduce(0) { $0 + (($1["queued"].int ?? 0) - ($1["applied"].int ?? 0)) }
    }

    @Test func `what waits to be purged is marked when it is asked for, and nothing else is`() async throws {
        let (named, other) = ("/ask/named?tags=ask-named", "/ask/other?tags=ask-other")
        try await withStuckAgent(warm: [named, other]) { environment, cache, link in
            try await environment.expect("HIT", [named, other])
            try await environment.origin(.POST, "bump?path=/ask/named")
            try await environment.origin(.POST, "bump?path=/ask/other")
            let id = try await environment.accept(#"{"tags":["ask-named"]}"#)
            try await eventually("the purge is here") { await waiting(environment, cache) == 1 }

            // Visitors who come at once: nobody gets the old page.
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<50 { group.addTask { try await environment.web.page(cache, named).version } }
                for try await version in group { #expect(version == "2") }
            }
            let page = try await environment.web.page(cache, named)
            #expect(page.cacheStatus == "HIT" && page.version == "2")
            let untouched = try await environment.web.page(cache, other)
            #expect(untouched.cacheStatus == "HIT" && untouched.version == "1")
            try await eventually("it still waits") { await waiting(environment, cache) == 1 }

            // It can look now: the purge is applied, and takes nothing that came after it.
            try FileManager.default.removeItem(atPath: link)
            #expect(try await environment.confirmed(id)["removed"].int == 1)
            let later = try await environment.web.page(cache, named)
            #expect(later.cacheStatus == "HIT" && later.version == "2")
            try await eventually("nothing is asked any more") {
                !FileManager.default.fileExists(atPath: cache.cachePath.dropLast("cache".count) + "ask")
            }
        }
    }

    /// The agent dies while a purge waits: nobody gets the old page, neither while it is away nor when it is back.
    ///
    /// The next one reads what waits, and answers by the files, though it cannot look through its cache.
    @Test func `an agent that died leaves nobody with what waits to be purged`() async throws {
        let (page, other) = ("/ask/page?tags=ask-page", "/ask/other?tags=ask-other")
        try await withStuckAgent(warm: [page, other]) { environment, cache, _ in
            try await environment.origin(.POST, "bump?path=/ask/page")
            _ = try await environment.accept(#"{"tags":["ask-page"]}"#)
            try await eventually("the purge is here") { await waiting(environment, cache) == 1 }
            let victim = try environment.processID(of: cache.agent).required
            kill(victim, SIGKILL)
            var answers = 0
            try await eventually("another agent answers") {
                let found = try await environment.web.page(cache, page)
                #expect(found.version == "2", "\(found.cacheStatus)")
                answers += 1
                let status = try? await environment.web.admin(cache, "/v1/status")
                return try environment.processID(of: cache.agent) != victim && status?["status"].text == "starting"
            }
            #expect(answers > 0)
            for _ in 0..<20 { #expect(try await environment.web.page(cache, page).version == "2") }
            for target in [page, other] {
                try await eventually("\(target) comes from the cache while the purge waits") {
                    try await environment.web.page(cache, target).cacheStatus == "HIT"
                }
            }
            #expect(await waiting(environment, cache) == 1)
        }
    }

    /// With `while: guard` a response that was under way when its page was purged is served to nobody.
    @Test func `a late response is never served`() async throws {
        try await DevEnvironment.run(options: ["--ask", "guard", "--caches", "1"]) { environment in
            let cache = environment.ready.caches[0]
            for part in ["head", "body"] {
                let target = "/late/\(part)?tags=late-\(part)&bytes=20000"
                try await environment.origin(.POST, "hold?path=/late/\(part)&part=\(part)")
                let old = Task { try await environment.web.page(cache, target) }
                try await eventually("the origin has the request") {
                    try await environment.origin(.GET, "held?path=/late/\(part)")["held"].int == 1
                }
                try await environment.origin(.POST, "bump?path=/late/\(part)")
                try await environment.purge("{\"tags\":[\"late-\(part)\"]}")
                try await environment.origin(.POST, "release?path=/late/\(part)")
                #expect(try await old.value.version == "1")
                try await eventually("the new page is cached") {
                    let page = try await environment.web.page(cache, target)
                    #expect(page.version == "2", "\(page.cacheStatus)")
                    return page.cacheStatus == "HIT"
                }
            }
        }
    }
}
