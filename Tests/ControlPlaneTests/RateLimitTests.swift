import HTTPTypes
import HummingbirdTesting
import Logging
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct RateLimitTests {
    private static let tags = #"{"tags":["a"]}"#

    private static func zones(
        _ limits: ZoneLimits, account: String? = nil, otherLimits: ZoneLimits = ZoneLimits()
    ) throws -> ZoneTable {
        let scope = Scope([.exact(try HostName(validating: "example.com"))])
        let other = Scope([.exact(try HostName(validating: "other.org"))])
        return try ZoneTable([
            try Zone(id: Samples.zoneID, name: "example.com", scope: scope, account: account, limits: limits),
            try Zone(
                id: Samples.otherZoneID, name: "other.org", scope: other, account: account,
                limits: account == nil ? otherLimits : limits),
        ])
    }

    private static func urls(_ count: Int) -> String {
        Samples.list("files", (0..<count).map { "http://example.com/\($0)" })
    }

    @Test func `the example of the document: 25 pass, the 26th is refused, 12 seconds later one passes`() async throws {
        let api = try TestAPI(zones: Self.zones(ZoneLimits(plan: .free)))
        try await api.run { client async throws in
            for number in 0..<25 {
                let answer = try await client.purge(Self.tags)
                #expect(answer.status == 200)
                #expect(
                    answer.headers[.ratelimit]?.hasPrefix("\"requests\";r=\(24 - number);t=\(12 * (number + 1))")
                        == true)
                #expect(answer.headers[.ratelimitPolicy] == "\"requests\";q=25;w=300, \"urls\";q=800;w=1")
            }
            let refused = try await client.purge(Self.tags)
            #expect(refused.status == 429 && refused.codes == [1102])
            #expect(refused.headers[.retryAfter] == "12")
            #expect(refused.headers[.ratelimit] == "\"requests\";r=0;t=300, \"urls\";r=800;t=0")
            api.clock.advance(by: .milliseconds(11_001))
            let almost = try await client.purge(Self.tags)
            #expect(almost.status == 429 && almost.headers[.retryAfter] == "1")
            api.clock.advance(by: .milliseconds(999))
            #expect(try await client.purge(Self.tags).status == 200)
            #expect(try await client.purge(Self.tags).status == 429)
            // Another zone has an account of its own, and a request by URL only is counted by its URLs.
            let other = #"{"hosts":["other.org"]}"#
            #expect(try await client.purge(other, zone: Samples.otherZoneID).status == 200)
            #expect(try await client.purge(Self.urls(100)).status == 200)
        }
        #expect(api.producer.events.count == 28)
    }

    @Test(arguments: [
        (PurgePlan.free, 25, 5, 800, 100), (.pro, 25, 300, 1500, 100), (.biz, 50, 600, 1500, 100),
        (.enterprise, 500, 3000, 3000, 500),
    ])
    func `plans have the numbers of the documents`(
        plan: PurgePlan, burst: Int, perMinute: Int, urlsPerSecond: Int, urlsPerRequest: Int
    ) async throws {
        let api = try TestAPI(zones: Self.zones(ZoneLimits(plan: plan)))
        try await api.run { client async throws in
            #expect(try await client.purge(Self.urls(urlsPerRequest + 1)).codes == [1094])
            #expect(try await client.purge(Samples.list("tags", (0...100).map { "t\($0)" })).codes == [1101])
            for _ in 0..<burst { #expect(try await client.purge(Self.tags).status == 200) }
            #expect(try await client.purge(Self.tags).status == 429)
            api.clock.advance(by: .milliseconds(60_000))
            for _ in 0..<min(burst, perMinute) { #expect(try await client.purge(Self.tags).status == 200) }
            #expect(try await client.purge(Self.tags).status == 429)

            var passed = 0
            while passed <= urlsPerSecond, try await client.purge(Self.urls(urlsPerRequest)).status == 200 {
                passed += urlsPerRequest
            }
            #expect(passed == urlsPerSecond)
            let refused = try await client.purge(Self.urls(urlsPerRequest))
            #expect(refused.codes == [1083] && refused.headers[.retryAfter] == "1")
            api.clock.advance(by: .milliseconds(1000))
            #expect(try await client.purge(Self.urls(urlsPerRequest)).status == 200)
        }
    }

    @Test func `a request that is refused takes from no bucket, and one that is wrong neither`() async throws {
        var limits = ZoneLimits(plan: .free)
        limits.burst = 2
        limits.urlsPerSecond = 3
        limits.urlsPerRequest = 3
        let api = try TestAPI(zones: Self.zones(limits))
        try await api.run { client async throws in
            #expect(try await client.purge(Self.urls(2)).status == 200)
            let both = #"{"files":["http://example.com/1","http://example.com/2"],"tags":["a"]}"#
            for _ in 0..<5 { #expect(try await client.purge(both).codes == [1083]) }
            for _ in 0..<5 { #expect(try await client.purge(#"{"tags":"a"}"#).status == 400) }
            for _ in 0..<2 { #expect(try await client.purge(Self.tags).status == 200) }
            #expect(try await client.purge(Self.tags).codes == [1102])
        }
    }

    @Test func `zones of one account share its buckets, and need the same numbers`() async throws {
        let api = try TestAPI(zones: Self.zones(ZoneLimits(plan: .free), account: "shop"))
        try await api.run { client async throws in
            for _ in 0..<20 { #expect(try await client.purge(Self.tags).status == 200) }
            for _ in 0..<5 {
                #expect(try await client.purge(#"{"hosts":["other.org"]}"#, zone: Samples.otherZoneID).status == 200)
            }
            #expect(try await client.purge(Self.tags).status == 429)
        }
        let scope = Scope([.exact(try HostName(validating: "example.com"))])
        let zones = [
            try Zone(id: Samples.zoneID, name: "a", scope: scope, account: "x", limits: ZoneLimits(plan: .free)),
            try Zone(id: Samples.otherZoneID, name: "b", scope: scope, account: "x", limits: ZoneLimits(plan: .pro)),
        ]
        #expect(throws: ZoneError.self) { try ZoneTable(zones) }
    }

    @Test func `a zone without a plan is unlimited and has no headers`() async throws {
        try await TestAPI().run { client async throws in
            for _ in 0..<600 {
                let answer = try await client.purge(Self.tags)
                #expect(answer.status == 200 && answer.headers[.ratelimit] == nil)
            }
        }
    }

    /// A limiter over a store, and what time it is for it.
    private func limiter(
        _ store: ControlStore, now: Int64, wall: Int64, limits: PurgeLimits = PurgePlan.free.limits
    ) throws -> RateLimiter {
        RateLimiter(
            limits: ["a": limits], stored: try store.storedBuckets(), store: store, logger: Logger(label: "test"),
            now: { now }, wallMilliseconds: { wall })
    }

    @Test func `limits hold over a restart, whatever the clock does meanwhile`() async throws {
        let directory = try TemporaryDirectory()
        let demand = AccountBuckets.Demand(Selectors(everything: true))
        let logger = Logger(label: "test")
        func open() throws -> ControlStore { try ControlStore.open(directory: directory.path, logger: logger) }
        func left(after wall: Int64) async throws -> Int64? {
            let store = try open()
            let left = try limiter(store, now: 5, wall: wall).remaining(of: "a").quotas.first?.remaining
            try await store.close()
            return left
        }
        let store = try open()
        let first = try limiter(store, now: 0, wall: 1_000_000)
        for _ in 0..<25 { #expect(await first.take(demand, from: "a").refusedBy == nil) }
        #expect(await first.take(demand, from: "a").refusedBy == "requests")
        try await store.close()
        #expect(try await left(after: 1_000_000) == 0)
        #expect(try await left(after: 1_011_999) == 0)
        #expect(try await left(after: 1_012_000) == 1)
        #expect(try await left(after: 0) == 0)
        #expect(try await left(after: .max) == 25)
        #expect(try await left(after: .min) == 0)
    }

    @Test func `a damaged entry of the store is a full bucket`() throws {
        for bytes in [[], [0], Array("{}".utf8), Array(#"{"at":"x"}"#.utf8)] as [[UInt8]] {
            #expect(StoredBuckets.decode(bytes) == nil)
        }
        let stored = StoredBuckets(requests: 1, urls: nil, at: .min)
        #expect(StoredBuckets.decode(try stored.encoded()) == stored)
        let odd = StoredBuckets(requests: .max, urls: .min, at: .max)
        var buckets = AccountBuckets(PurgePlan.pro.limits, stored: odd, at: 0, wallMilliseconds: .min)
        let verdict = buckets.take(AccountBuckets.Demand(Selectors(everything: true)), at: .max)
        #expect(verdict.refusedBy == nil)
        #expect(verdict.quotas.allSatisfy { (0...$0.size).contains($0.remaining) })
    }
}

extension HTTPField.Name {
    static var ratelimit: Self { Self("Ratelimit") ?? .server }
    static var ratelimitPolicy: Self { Self("Ratelimit-Policy") ?? .server }
}
