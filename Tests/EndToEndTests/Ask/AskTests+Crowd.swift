import NIOHTTP1
import TestSupport
import Testing

/// Many visitors of one purged page at once: the first one's request fetches it, and the others wait for that.
extension AskTests {
    /// How many questions waited at an agent, by how that ended, and how many wait now.
    private struct Waits {
        var now = 0
        var ended: [String: Int] = [:]

        /// Those who were let through to the origin after a while.
        var letThrough: Int { ended["next", default: 0] + ended["over", default: 0] }

        init(_ environment: DevEnvironment, _ cache: DevEnvironment.Cache) async throws {
            let text = try await environment.web.admin(cache, "/metrics").text ?? ""
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count == 2, let value = Int(words[1]) else { continue }
                let parts = words[0].split(separator: "\"")
                switch parts[0] {
                case "edge_purge_agent_ask_waiting": now = value
                case "edge_purge_agent_ask_waits_total{end=": ended[String(parts[1])] = value
                default: break
                }
            }
        }
    }

    /// Lets visitors of a page come at once, each on a connection of his own; returns what they get.
    private func visit(
        _ cache: DevEnvironment.Cache, _ target: String, _ count: Int, meanwhile: () async throws -> Void = {}
    ) async throws -> [RawVisitor.Answer] {
        let port = try cache.url.split(separator: ":").last.flatMap { Int($0) }.required
        let visitor = RawVisitor(address: "127.0.0.1", port: port)
        let visitors = (0..<count).map { _ in
            Task { try await visitor.ask(Array(target.utf8), headers: [("Host", "shop.example")]) }
        }
        try await meanwhile()
        var answers: [RawVisitor.Answer] = []
        for visitor in visitors { answers.append(try await visitor.value) }
        return answers
    }

    /// With a slow origin two hundred fetched, since nginx locks nothing where a file is.
    private func fetchOnce(_ environment: DevEnvironment, _ cache: DevEnvironment.Cache, _ path: String) async throws {
        let before = try await environment.origin(.GET, "requests?path=\(path)")["requests"].int ?? 0
        let count = 200
        let begin = ContinuousClock.now
        let pages = try await visit(cache, "\(path)?tags=crowd", count) {
            try await eventually("all have come, and one is at the origin") {
                let held = try await environment.origin(.GET, "held?path=\(path)")["held"].int ?? 0
                let waiting = try await Waits(environment, cache).now
                return held > 0 && held + waiting == count
            }
            try await environment.origin(.POST, "release?path=\(path)")
        }
        #expect(pages.allSatisfy { $0.text("x-version") == "2" })
        let waits = try await Waits(environment, cache)
        let requests = try await environment.origin(.GET, "requests?path=\(path)")["requests"].int ?? 0
        // On a machine so busy that the agent does not answer in time, nginx bypasses its cache.
        let bypassed = pages.count { $0.text("x-cache-status") == "BYPASS" }
        // And each second one more is let through who has just come.
        let seconds = Int(begin.duration(to: .now).components.seconds)
        #expect(requests - before <= 1 + waits.letThrough + bypassed + seconds, "\(waits)")
        // There may also be so little time for all that ask.hold is over before they have come.
        #expect(waits.ended.values.reduce(0, +) > 0 && waits.now == 0, "\(waits)")
    }

    @Test func `two hundred visitors of a page that waits to be purged are one fetch`() async throws {
        let page = "/crowd/waits"
        try await withStuckAgent(warm: [page + "?tags=crowd"]) { environment, cache, _ in
            try await environment.origin(.POST, "bump?path=\(page)")
            try await environment.origin(.POST, "hold?path=\(page)&part=head")
            _ = try await environment.accept(#"{"tags":["crowd"]}"#)
            try await eventually("the purge is here") { await waiting(environment, cache) == 1 }
            try await fetchOnce(environment, cache, page)
        }
    }

    @Test func `with while guard two hundred wait until the new page is proven`() async throws {
        let page = "/crowd/guarded"
        try await DevEnvironment.run(options: ["--ask", "guard", "--caches", "1", "--fence-mode", "off"]) {
            environment in
            try await environment.warm([page + "?tags=crowd"])
            try await environment.origin(.POST, "bump?path=\(page)")
            try await environment.origin(.POST, "hold?path=\(page)&part=head")
            try await environment.purge(#"{"tags":["crowd"]}"#)
            try await fetchOnce(environment, environment.ready.caches[0], page)
        }
    }

    /// What the origin answers is not stored: the visitors wait for it once, and no longer than `ask.hold`.
    @Test func `nobody waits twice for what does not come`() async throws {
        let pages = ["/crowd/private?tags=crowd&private_from=2", "/crowd/broken?tags=crowd&broken_from=2"]
        let stale = "/updating/crowd?tags=crowd-updating"
        try await withStuckAgent(warm: pages + [stale]) { environment, cache, _ in
            for page in ["/crowd/private", "/crowd/broken", "/updating/crowd"] {
                try await environment.origin(.POST, "bump?path=\(page)")
            }
            _ = try await environment.accept(#"{"tags":["crowd"]}"#)
            _ = try await environment.accept(#"{"tags":["crowd-updating"]}"#, invalidate: true)
            try await eventually("the purges are here") { await waiting(environment, cache) == 2 }
            for page in pages {
                let found = try await visit(cache, page, 20)
                #expect(found.allSatisfy { $0.text("x-version") == "2" })
            }
            let waits = try await Waits(environment, cache)
            #expect(waits.letThrough > 0 && waits.ended["renewed"] == nil, "\(waits)")
            for page in pages {
                let found = try await visit(cache, page, 20)
                #expect(found.allSatisfy { $0.text("x-version") == "2" })
            }
            let later = try await Waits(environment, cache)
            #expect(later.ended == waits.ended)

            // What is invalidated nginx may serve while it is updated: nobody is kept from that.
            try await environment.origin(.POST, "hold?path=/updating/crowd&part=head")
            let found = try await visit(cache, stale, 20) {
                try await eventually("it is updated") {
                    try await environment.origin(.GET, "held?path=/updating/crowd")["held"].int == 1
                }
                try await environment.origin(.POST, "release?path=/updating/crowd")
            }
            #expect(found.contains { $0.text("x-version") == "1" })
            let last = try await Waits(environment, cache)
            #expect(last.ended == waits.ended)
        }
    }
}
