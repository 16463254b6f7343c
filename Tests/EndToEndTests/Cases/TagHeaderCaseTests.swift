import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Tags in the headers that content systems send, with the default configuration of the agent.
    @Suite struct TagHeaderCaseTests: SharesEnvironment {
        /// A page, its tag headers, and the tags of which each has to purge it.
        struct Page: Sendable {
            var name: String
            var fields: [(name: String, value: String)]
            var tags: [String]
        }

        static let pages = [
            Page(name: "upper", fields: [("X-Cache-Tag", "el36635 se95 st18183")], tags: ["el36635", "st18183"]),
            Page(
                name: "drupal",
                fields: [("X-Drupal-Cache-Tags", "block_view config:block.block.x node:1 node_list rendered")],
                tags: ["block_view", "node:1", "config:block.block.x", "rendered"]),
            Page(name: "drupal-purge", fields: [("Purge-Cache-Tags", "node:7 node_list_7")], tags: ["node:7"]),
            Page(name: "api-platform", fields: [("Cache-Tags", "/books/1,/books")], tags: ["/books/1", "/books"]),
            Page(name: "souin", fields: [("Surrogate-Key", "/films/1, /films")], tags: ["/films/1", "/films"]),
            Page(
                name: "contao",
                fields: [
                    (
                        "x-cache-tags",
                        String(repeating: "contao.db.tl_news.7,contao.db.tl_archive.1,", count: 200) + "contao.last"
                    )
                ], tags: ["contao.db.tl_news.7", "contao.last"]),
            Page(
                name: "magento",
                fields: [("X-Magento-Tags", (0..<4000).map { "cat_p_\($0)" }.joined(separator: ","))],
                tags: ["cat_p_5", "cat_p_1400", "cat_p_1600", "cat_p_3999"]),
            Page(
                name: "litespeed", fields: [("X-LiteSpeed-Tag", "public:node_1,public:node_2")], tags: ["public:node_1"]
            ),
            Page(name: "shopware", fields: [("xkey", "product-1 category-2")], tags: ["product-1", "category-2"]),
            Page(name: "two-lines", fields: [("Cache-Tag", "a1"), ("Cache-Tag", "a2,a3")], tags: ["a1", "a3"]),
            Page(name: "spaces", fields: [("Cache-Tag", "news item,plain-tag")], tags: ["plain-tag"]),
            Page(name: "case", fields: [("cache-tag", "CamelTag")], tags: ["cameltag", "CAMELTAG"]),
        ]

        private let folder: TemporaryDirectory
        private let visitor = RawVisitor(
            address: "127.\(Int.random(in: 1...254)).\(Int.random(in: 0...254)).1", port: 8080)

        init() throws { folder = try TemporaryDirectory() }

        private func version(_ page: Page) async throws -> String {
            let headers = [("Host", "shop.example"), ("X-Page", page.name)].map { (name: $0.0, value: $0.1) }
            let answer = try await visitor.ask(Array("/tagged/\(page.name)".utf8), headers: headers)
            return String(decoding: answer.body.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        }

        /// Attack: names that people have were not among the defaults, and of 44 KB of tags the agent read 16.
        @Test func `a page is purged by any of its tags, whatever header they are in`() async throws {
            let environment = try environment
            let caches = """
                  - path: \(folder.path)/cache
                    cache_key: $scheme://$host$request_uri

                """
            try await CaseMachine.with(environment, folder, http: http, caches: caches) { machine in
                for page in Self.pages {
                    let fields = [("Cache-Control", "max-age=3600")].map { (name: $0.0, value: $0.1) } + page.fields
                    machine.origin.set(CaseReply(fields: fields), for: page.name)
                }
                var now = 1
                for round in 0..<(Self.pages.map(\.tags.count).max() ?? 0) {
                    let pages = Self.pages.filter { $0.tags.count > round }
                    for page in pages {
                        try await eventually("\(page.name) is cached") {
                            _ = try await version(page)
                            let before = machine.origin.requests(for: page.name)
                            return try await version(page) == "v\(now)"
                                && machine.origin.requests(for: page.name) == before
                        }
                    }
                    now += 1
                    machine.origin.publish(version: now)
                    let tags = pages.map { "\"\($0.tags[round])\"" }.joined(separator: ",")
                    try await environment.purge("{\"tags\":[\(tags)]}")
                    for page in pages {
                        #expect(try await version(page) == "v\(now)", "\(page.name), \(page.tags[round])")
                    }
                }
            }
        }

        private var http: String {
            """
            proxy_cache_path \(folder.path)/cache levels=1:2 keys_zone=tags:4m;
            proxy_buffer_size 60k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
            upstream backend { server unix:\(CaseOrigin.socket(.proxy, in: folder.path)); }
            server {
                listen \(visitor.address):\(visitor.port);
                location / {
                    proxy_cache tags; proxy_cache_key $scheme://$host$request_uri; proxy_pass http://backend;
                }
            }
            """
        }
    }
}
