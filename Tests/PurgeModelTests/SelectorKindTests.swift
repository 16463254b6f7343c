import PurgeModel
import Testing

struct SelectorKindTests {
    @Test func `a purge has the kind of what it names, or is mixed`() throws {
        let url = try PurgeURL(validating: "https://a.example/x")
        let tag = try CacheTag(validating: "a")
        let host = try HostName(validating: "a.example")
        let prefix = try PathPrefix(validating: "a.example/x")
        #expect(Selectors(urls: [url, url]).kind == .url)
        #expect(Selectors(tags: [tag]).kind == .tag)
        #expect(Selectors(hosts: [host]).kind == .host)
        #expect(Selectors(prefixes: [prefix]).kind == .prefix)
        #expect(Selectors(everything: true).kind == .everything)
        #expect(Selectors(urls: [url], tags: [tag]).kind == .mixed)
        #expect(Selectors(hosts: [host], prefixes: [prefix]).kind == .mixed)
    }
}
