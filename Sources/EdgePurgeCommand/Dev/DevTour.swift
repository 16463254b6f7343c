import EdgeAgent
import FoundationEssentials
import PurgeModel

/// Shows one purge from end to end, and checks everything it says.
struct DevTour {
    /// Where everything is.
    var environment: DevEnvironment
    private let caller = HTTPCaller()
    private let style = Style.output

    /// The tag that is purged.
    private static let tag = "product-1"
    /// Pages that carry it.
    private static let named = ["/products/1", "/lists/top"]
    /// Pages that do not.
    private static let others = ["/products/2", "/vary/menu", "/slice/film"]
    /// How long the purge may take to be confirmed.
    private static let confirmationLimit: Duration = .seconds(30)

    /// Creates the tour.
    init(environment: DevEnvironment) {
        self.environment = environment
    }

    /// What one cache answered for one page.
    private struct Visit: Equatable {
        var status: String
        var version: String

        var text: String { "\(status) v\(version)" }
    }

    /// Runs the tour and prints it.
    ///
    /// - Throws: `CommandFailure` at the first thing that is not as claimed.
    func run() async throws {
        let pages = Self.named + Self.others
        Terminal.write("\n" + style.strong("A purge, end to end"))
        for path in pages {
            let first = try await visitAll(path)
            try check(first, of: path, are: "MISS", version: "1", "on the first visit")
        }
        let before = try await show("cached", pages, status: { _ in "HIT" }, version: { _ in "1" })
        Terminal.write(before)

        try await bump()
        Terminal.write(
            "  the origin now has version 2 of \(Self.named.joined(separator: " and ")); visitors still get version 1")
        for path in Self.named {
            try check(try await visitAll(path), of: path, are: "HIT", version: "1", "before the purge")
        }

        Terminal.write("  " + (try await purge()))
        let after = try await show(
            "after",
            pages,
            status: { Self.named.contains($0) ? "MISS" : "HIT" },
            version: { Self.named.contains($0) ? "2" : "1" }
        )
        Terminal.write(after)
        Terminal.write(
            "  \(style.good("as claimed")): the new version everywhere, and nothing removed that was not named")
    }

    /// The caches that visitors ask.
    private var visited: [DevCache] { environment.caches.filter { !$0.tier.isFilledFrom } }

    // MARK: Steps

    /// Visits pages on all caches, checks what they answer, and makes a table of it.
    private func show(
        _ title: String,
        _ pages: [String],
        status: (String) -> String,
        version: (String) -> String
    ) async throws -> String {
        var table = TextTable([.left("  \(title)")] + visited.map { .left($0.agent) })
        for path in pages {
            let visits = try await visitAll(path)
            try check(visits, of: path, are: status(path), version: version(path), title)
            table.add(["    \(path)"] + visits.map(\.text))
        }
        return table.rendered()
    }

    /// Raises the version of the pages that carry the tag.
    private func bump() async throws {
        let query = Self.named.map { "path=\(HTTPCaller.escaped($0))" }.joined(separator: "&")
        let answer = try await call("POST", "\(environment.origin)/_origin/bump?\(query)", body: nil)
        guard answer.isSuccess else { throw CommandFailure("the origin did not raise the version: \(answer.excerpt)") }
    }

    /// Purges the tag through the HTTP API, waits for the confirmation, and says how it went.
    private func purge() async throws -> String {
        let client = try ControlClient(address: environment.control)
        let start = ContinuousClock.now
        let body = Data(#"{"tags":["\#(Self.tag)"]}"#.utf8)
        let answer = try await client.call("POST", "/client/v4/zones/\(DevZone.id)/purge_cache", body: body)
        guard let id = try? answer.decoded(CloudflareAnswer<CloudflarePurgeResult>.self).result?.id else {
            throw CommandFailure("the control plane refused the purge: \(answer.excerpt)")
        }
        let waiter = ConfirmationWaiter(client: client, start: start, showsProgress: false, wantsAgents: false)
        let outcome = try await waiter.wait(until: .confirmed, of: id, atMost: Self.confirmationLimit)
        guard let progress = outcome.progress, progress.isConfirmed else {
            throw CommandFailure(
                "purge \(id) was not confirmed within \(DurationText.text(Self.confirmationLimit)); "
                    + "the control plane says: "
                    + (outcome.answer?.excerpt ?? "nothing")
            )
        }
        // Of the shields each has pages of its own.
        let holders = visited.count + (visited.count < environment.caches.count ? 1 : 0)
        let expected = holders * Self.named.count
        guard progress.agents.applied == environment.caches.count, progress.removed == expected else {
            throw CommandFailure(
                "purge \(id) should have removed \(expected) objects on \(environment.caches.count) agents; "
                    + "the control plane says: "
                    + (outcome.answer?.excerpt ?? "nothing")
            )
        }
        let roundTrip = (ContinuousClock.now - start).wholeMilliseconds
        let time = DurationText.approximate(milliseconds: progress.timeToConfirmedMs ?? roundTrip)
        return
            "purge of tag \(Self.tag): \(style.good("confirmed")) "
            + "by \(progress.agents.done) of \(progress.agents.expected) "
            + "agents in \(style.strong(time)) (asked and answered in \(roundTrip) ms), \(progress.removedText) removed"
    }

    // MARK: Visits

    /// Visits one page on all caches at once.
    private func visitAll(_ path: String) async throws -> [Visit] {
        try await withThrowingTaskGroup(of: (Int, Visit).self) { group in
            for (index, cache) in visited.enumerated() {
                group.addTask { (index, try await visit(path, on: cache)) }
            }
            var visits: [(Int, Visit)] = []
            for try await visit in group { visits.append(visit) }
            return visits.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func visit(_ path: String, on cache: DevCache) async throws -> Visit {
        let answer = try await call("GET", cache.url + path, headers: [("Host", DevZone.name)], body: nil)
        guard answer.status == 200 else {
            throw CommandFailure("\(cache.agent) answered \(path) with status \(answer.status): \(answer.excerpt)")
        }
        let body = String(decoding: answer.body.prefix(200), as: UTF8.self)
        let version = answer.headers["x-version"] ?? "?"
        guard body.hasPrefix("\(path) version \(version)") else {
            throw CommandFailure("\(cache.agent) answered \(path) with another page: \(answer.excerpt)")
        }
        return Visit(status: answer.headers["x-cache-status"] ?? "?", version: version)
    }

    private func call(
        _ method: String,
        _ url: String,
        headers: [(String, String)] = [],
        body: Data?
    ) async throws -> HTTPAnswer {
        do {
            return try await caller.call(method, url, headers: headers, body: body, timeout: .seconds(30))
        } catch {
            throw CommandFailure("\(url) does not answer: \(error.reason)")
        }
    }

    private func check(_ visits: [Visit], of path: String, are status: String, version: String, _ when: String) throws {
        let expected = Visit(status: status, version: version)
        for (cache, visit) in zip(visited, visits) where visit != expected {
            throw CommandFailure(
                "not as claimed (\(when)): \(path) on \(cache.agent) is \(visit.text), it should be \(expected.text)"
            )
        }
    }
}
