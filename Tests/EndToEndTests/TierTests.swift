import Foundation
import NIOHTTP1
import TestSupport
import Testing

/// Three edges fill from two shields, which fill from the origin.
@Suite(.timeLimit(.minutes(5))) struct TierTests {
    private let page = "/tiers/a?tags=tier-a"

    private func edges(_ environment: DevEnvironment) -> [DevEnvironment.Cache] {
        environment.ready.caches.filter { $0.agent.hasPrefix("edge") }
    }

    private func shields(_ environment: DevEnvironment) -> [DevEnvironment.Cache] {
        environment.ready.caches.filter { $0.agent.hasPrefix("shield") }
    }

    /// How many purges an agent holds back until the tier above has applied them.
    private func waiting(_ environment: DevEnvironment, _ cache: DevEnvironment.Cache) async throws -> Int? {
        try await environment.web.admin(cache, "/v1/status")["tier"]["waiting"].int
    }

    /// Stops or continues the agents of caches.
    private func signal(_ signal: Int32, _ caches: [DevEnvironment.Cache], _ environment: DevEnvironment) throws {
        for cache in caches { kill(try environment.processID(of: cache.agent).required, signal) }
    }

    /// The page is everywhere, and then the origin has a newer one.
    private func change(_ environment: DevEnvironment) async throws {
        for cache in edges(environment) { try await environment.staysCached(cache, page) }
        try await environment.origin(.POST, "bump?path=/tiers/a")
    }

    /// Expects the newest page from the edges, as often as it is asked for.
    private func expectNewest(_ environment: DevEnvironment, _ version: String) async throws {
        for _ in 0..<3 {
            for cache in edges(environment) {
                let visit = try await environment.web.page(cache, page)
                #expect(visit.version == version, "\(cache.agent): \(visit.cacheStatus)")
            }
        }
    }

    /// Purges while the shields' agents stand still: the edges are purged, and fill from shields that are not.
    private func purgeAhead(_ environment: DevEnvironment) async throws -> String {
        try signal(SIGSTOP, shields(environment), environment)
        let id = try await environment.accept(#"{"tags":["tier-a"]}"#)
        for cache in edges(environment) {
            try await eventually("\(cache.agent) has purged the page") {
                try await environment.web.page(cache, page).cacheStatus != "HIT"
            }
        }
        return id
    }

    @Test func `an edge that fills from a shield which is not purged yet is purged again`() async throws {
        try await DevEnvironment.run(options: ["--tiers"]) { environment in
            try await change(environment)
            let id = try await purgeAhead(environment)
            for cache in edges(environment) {
                try await eventually("\(cache.agent) waits") { try await waiting(environment, cache) == 1 }
                #expect(try await environment.web.page(cache, page).version == "1", "what the shields have")
            }
            let url = "\(environment.ready.control)/v1/purges/\(id)"
            #expect(try await environment.web.json(.GET, url).value["state"].text == "pending")
            try signal(SIGCONT, shields(environment), environment)
            let purge = try await environment.confirmed(id)
            try await expectNewest(environment, "2")
            #expect(purge["removed"].int ?? 0 >= 4, "each edge, and the shield that had it: \(purge)")
            for cache in edges(environment) {
                #expect(try await waiting(environment, cache) == 0)
                try await environment.staysCached(cache, page)
            }
        }
    }

    /// What the test above would see if the edges did not wait.
    @Test func `without tiers an edge keeps the old page of a shield`() async throws {
        try await DevEnvironment.run(options: ["--tiers", "--caches", "1"]) { environment in
            let edge = edges(environment)[0]
            let text = try environment.configuration(of: edge)
            try await environment.restart(edge, with: text.replacing("tier:\n  name: edge\n  above: shield", with: ""))
            // The edge's own guard may take the page out once more where the access log comes late.
            var keptVersions: [String] = []
            for version in 1...5 where keptVersions.isEmpty {
                try await change(environment)
                let id = try await purgeAhead(environment)
                try signal(SIGCONT, shields(environment), environment)
                _ = try await environment.confirmed(id)
                let visit = try await environment.web.page(edge, page)
                if visit.version == "\(version)", visit.cacheStatus == "HIT" { keptVersions.append(visit.version) }
            }
            #expect(!keptVersions.isEmpty)
        }
    }

    @Test func `shields that are killed, drained or cut off make no edge keep an old page`() async throws {
        let options = ["--tiers", "--caches", "2", "--fence-mode", "cut_off", "--fence-after", "5s"]
        try await DevEnvironment.run(options: options) { environment in
            try await change(environment)
            // Killed: another process takes over, and the cache is fenced until it has.
            try signal(SIGKILL, shields(environment), environment)
            try await environment.purge(#"{"tags":["tier-a"]}"#)
            try await expectNewest(environment, "2")
            for cache in shields(environment) { try await environment.becomesLive(cache) }

            // Drained: it is not waited for, and answers with nothing from its cache.
            let drained = shields(environment)[0]
            let agent = "\(environment.ready.control)/v1/agents/\(drained.agent)"
            try await change(environment)
            #expect(try await environment.web.json(.POST, "\(agent)/drain").status == 202)
            try await eventually("it is drained") {
                try await environment.web.admin(drained, "/v1/status")["drained"] == .bool(true)
            }
            try await environment.purge(#"{"tags":["tier-a"]}"#)
            try await expectNewest(environment, "3")
            #expect(try await environment.web.json(.POST, "\(agent)/resume").status == 202)
            try await environment.becomesLive(drained)

            // Cut off: safe when its lease is over, and the edges are told so.
            let cut = try KafkaCut(brokers: environment.ready.kafka)
            try await environment.lead(shields(environment)[1], through: cut)
            try await change(environment)
            cut.set(.closed)
            let purge = try await environment.purge(#"{"tags":["tier-a"]}"#)
            #expect(purge["agents"]["safe"].int == 1, "\(purge)")
            try await expectNewest(environment, "4")
            cut.set(nil)
            try await environment.becomesLive(shields(environment)[1])
            try await expectNewest(environment, "4")
            try await cut.stop()
        }
    }

    @Test func `where nginx asks, no edge serves an old page of a shield once the purge is effective`() async throws {
        try await DevEnvironment.run(options: ["--tiers", "--caches", "2", "--ask", "guard"]) { environment in
            try await change(environment)
            let id = try await purgeAhead(environment)
            for _ in 0..<5 {
                let visit = try await environment.web.page(edges(environment)[0], page)
                #expect(visit.cacheStatus != "HIT", "from the shield each time")
            }
            try signal(SIGCONT, shields(environment), environment)
            let url = "\(environment.ready.control)/v1/purges/\(id)?wait=60s&until=effective"
            #expect(try await environment.web.json(.GET, url).value["effective_at"].text != nil)
            try await expectNewest(environment, "2")
            _ = try await environment.confirmed(id)
            try await expectNewest(environment, "2")
        }
    }

    @Test func `a tier that nobody has is told, and not waited for`() async throws {
        try await DevEnvironment.run(options: ["--tiers", "--caches", "1"]) { environment in
            let edge = edges(environment)[0]
            let text = try environment.configuration(of: edge)
            try await environment.restart(edge, with: text.replacing("above: shield", with: "above: sheild"))
            try await eventually("it is told") {
                let problem = try await environment.web.admin(edge, "/v1/status")["problem"].text
                return problem?.contains("purges do not wait for tier sheild") == true
            }
            try await environment.purge(#"{"tags":["tier-a"]}"#)
        }
    }
}
