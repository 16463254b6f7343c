import TestSupport
import Testing

@testable import PurgeModel

@Suite struct NeighbourTests {
    private func neighbours(_ selectors: Selectors, _ scope: Scope = .none) -> Set<String> {
        Set(Neighbour.all(of: selectors, in: scope).map(\.description))
    }

    @Test func `a URL has one for the slash, for www. and for the query, and all together`() throws {
        let url = try PurgeURL(validating: "https://shop.test/a?x=1")
        #expect(
            neighbours(Selectors(urls: [url])) == [
                "https://shop.test/a/?x=1", "https://www.shop.test/a?x=1", "https://www.shop.test/a/?x=1",
                "https://shop.test/a", "https://shop.test/a/", "https://www.shop.test/a", "https://www.shop.test/a/",
            ])
        let home = try PurgeURL(validating: "http://www.shop.test")
        #expect(neighbours(Selectors(urls: [home])) == ["http://shop.test/"])
    }

    @Test func `prefixes and hosts have one for www., addresses none`() throws {
        let selectors = Selectors(
            hosts: [try HostName(validating: "www.a.test"), try HostName(validating: "192.0.2.1")],
            prefixes: [try PathPrefix(validating: "b.test/c/")])
        #expect(neighbours(selectors) == ["a.test", "www.b.test/c/"])
        #expect(neighbours(Selectors(tags: [try CacheTag(validating: "t")])).isEmpty)
    }

    @Test func `nothing outside the scope is told, also where somebody else says it`() throws {
        let scope = Scope([try HostPattern(validating: "shop.test")])
        let url = try PurgeURL(validating: "https://shop.test/a/")
        #expect(neighbours(Selectors(urls: [url]), scope) == ["https://shop.test/a"])
        #expect(Neighbour("https://shop.test/a", in: scope)?.description == "https://shop.test/a")
        for text in ["https://www.shop.test/a", "other.test", "other.test/a", "", "\u{1b}[31m", "https://shop.test/ a"]
        {
            #expect(Neighbour(text, in: scope) == nil, "\(text)")
        }
    }

    @Test func `any of them reads back as what it was`() throws {
        var random = SeededGenerator()
        for _ in 0..<2_000 {
            let path = (0..<random.number(0...6)).map { _ in random.pick(["a", "/", "?", "%2F", "ü", "*", "=", "&"]) }
            guard let url = try? PurgeURL(validating: "http://h.test/" + path.joined()) else { continue }
            for neighbour in Neighbour.all(of: Selectors(urls: [url]), in: .none) {
                #expect(Neighbour(neighbour.description, in: .none) == neighbour, "seed \(random.seed)")
                #expect(neighbour.description != url.description)
            }
        }
    }
}
