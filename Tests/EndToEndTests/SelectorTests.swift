import NIOHTTP1
import Testing

extension EndToEndTests {
    /// Each selector, deleting and invalidating, with `open_file_cache` on.
    @Suite struct SelectorTests: SharesEnvironment {
        /// A purge, the pages it names and the pages it does not; all of a host of its own.
        struct Case: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var body: String
            var named: [String]
            var others: [String]
        }

        static let host = "select.shop.example"

        static let cases = [
            Case(
                testDescription: "tags", body: #"{"tags":["Red","blue"]}"#,
                named: ["/t/1?tags=red,x", "/t/2?tags=y,blue"], others: ["/t/3?tags=redder,x", "/t/4"]
            ),
            Case(
                testDescription: "urls",
                body: #"{"files":["https://select.shop.example/u/1?q=a","http://select.shop.example/u/%7Etilde"]}"#,
                named: ["/u/1?q=a", "/u/~tilde"], others: ["/u/1", "/u/1?q=b", "/u/11?q=a"]
            ),
            Case(
                testDescription: "prefixes", body: #"{"prefixes":["select.shop.example/p/a"]}"#,
                named: ["/p/a", "/p/a?x=1", "/p/a/b", "/p/a/b?x=1"], others: ["/p/ab", "/p", "/p/b/p/a"]
            ),
        ]

        @Test(arguments: cases)
        func `a purge makes what it names MISS everywhere and nothing else`(_ one: Case) async throws {
            try await environment.warm(one.named + one.others, host: Self.host)
            let purge = try await environment.purge(one.body)
            #expect(purge["removed"].int == one.named.count * 3)
            try await environment.expect("MISS", one.named, host: Self.host)
            try await environment.expect("HIT", one.others, host: Self.host)
            try await environment.expectCached(one.named, host: Self.host)
        }

        @Test(arguments: cases)
        func `an invalidation makes what it names EXPIRED everywhere and nothing else`(_ one: Case) async throws {
            try await environment.warm(one.named + one.others, host: Self.host)
            try await environment.purge(one.body, invalidate: true)
            try await environment.expect("EXPIRED", one.named, host: Self.host)
            try await environment.expect("HIT", one.others, host: Self.host)
            try await environment.expectCached(one.named, host: Self.host)
        }

        @Test(arguments: [false, true])
        func `a host is purged whole, and no other`(invalidate: Bool) async throws {
            let pages = ["/", "/h/1", "/h/2?x=1"]
            for host in ["one.shop.example", "two.shop.example"] { try await environment.warm(pages, host: host) }
            try await environment.purge(#"{"hosts":["One.shop.example"]}"#, invalidate: invalidate)
            try await environment.expect(invalidate ? "EXPIRED" : "MISS", pages, host: "one.shop.example")
            try await environment.expect("HIT", pages, host: "two.shop.example")
        }

        @Test(arguments: [false, true])
        func `everything is everything of the zone, and nothing of other zones`(invalidate: Bool) async throws {
            try await environment.warm(["/e/1", "/e/2"], host: "every.shop.example")
            try await environment.warm(["/e/1"], host: "elsewhere.example")
            try await environment.purge(#"{"purge_everything":true}"#, invalidate: invalidate)
            try await environment.expect(invalidate ? "EXPIRED" : "MISS", ["/e/1", "/e/2"], host: "every.shop.example")
            try await environment.expect("HIT", ["/e/1"], host: "elsewhere.example")
        }

        @Test func `an unchanged page that was invalidated is revalidated, not fetched again`() async throws {
            try await environment.warm(["/revalidate/1"])
            try await environment.purge(#"{"files":["http://shop.example/revalidate/1"]}"#, invalidate: true)
            try await environment.expect("REVALIDATED", ["/revalidate/1"])
            try await environment.expectCached(["/revalidate/1"])
        }

        @Test func `all variants of a page go together`() async throws {
            let encodings = ["gzip", "br", "identity"]
            for encoding in encodings { try await environment.warm(["/vary/1?tags=v1"], encoding: encoding) }
            try await environment.purge(#"{"tags":["v1"]}"#)
            for encoding in encodings { try await environment.expect("MISS", ["/vary/1?tags=v1"], encoding: encoding) }
        }

        @Test(arguments: [#"{"tags":["s1"]}"#, #"{"files":["http://shop.example/slice/big?tags=s1"]}"#])
        func `all slices of a file go together`(body: String) async throws {
            let environment = try environment
            for cache in environment.ready.caches {
                let page = try await environment.web.page(cache, "/slice/big?tags=s1")
                #expect(page.body.count > 3 << 20)
            }
            // One slice of the old version beside the new ones would break the answer.
            let bump = "\(environment.ready.origin)/_origin/bump?path=/slice/big"
            let version = try await environment.web.json(.POST, bump).value["versions"][0].int.required
            try await environment.purge(body)
            for cache in environment.ready.caches {
                let page = try await environment.web.page(cache, "/slice/big?tags=s1")
                #expect(page.cacheStatus == "MISS")
                #expect(page.version == "\(version)")
                #expect(page.body.count > 3 << 20)
            }
        }

        @Test func `visitors never see cache tags`() async throws {
            let environment = try environment
            for cache in environment.ready.caches {
                let page = try await environment.web.page(cache, "/products/1")
                #expect(page.headers["Cache-Tag"].isEmpty)
            }
        }

        @Test func `a purge that matches nothing is confirmed too`() async throws {
            let purge = try await environment.purge(#"{"tags":["nobody-has-this"]}"#)
            #expect(purge["removed"].int == 0)
        }

        @Test func `an object stored right before the purge is found`() async throws {
            let environment = try environment
            for round in 0..<50 {
                let target = "/fresh/\(round)?tags=fresh"
                for cache in environment.ready.caches { _ = try await environment.web.page(cache, target) }
                try await environment.purge(#"{"tags":["fresh"]}"#)
                try await environment.expect("MISS", [target])
            }
        }
    }
}
