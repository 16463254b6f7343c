import PurgeModel
import Testing

@Suite struct SelectorsTests {
    private func code(_ selectors: Selectors, _ scope: Scope) -> SelectorError.Code? {
        do throws(SelectorError) {
            try selectors.validate(in: scope)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `keys are counted`() throws {
        let selectors = Selectors(
            urls: [try PurgeURL(validating: "http://a.b/")],
            tags: [try CacheTag(validating: "x"), try CacheTag(validating: "y")],
            hosts: [try HostName(validating: "a.b")], prefixes: [try PathPrefix(validating: "a.b/c")])
        #expect(selectors.keyCount == 5)
        #expect(Selectors(everything: true).keyCount == 1)
        #expect(Selectors().keyCount == 0)
    }

    @Test func `tags and everything need a scope, the others bring their own`() throws {
        let tags = Selectors(tags: [try CacheTag(validating: "x")])
        #expect(code(tags, .none) == .scopeRequired)
        #expect(code(tags, .all) == nil)
        #expect(code(Selectors(everything: true), .none) == .scopeRequired)
        #expect(code(Selectors(everything: true), .all) == nil)
        #expect(code(Selectors(hosts: [try HostName(validating: "a.b")]), .none) == nil)
    }

    @Test func `nothing, and everything with others, are refused`() throws {
        #expect(code(Selectors(), .all) == .emptySelectors)
        #expect(code(Selectors(tags: [try CacheTag(validating: "x")], everything: true), .all) == .everythingWithOthers)
    }

    @Test func `hosts outside the scope are refused whatever names them`() throws {
        let scope = Scope([try HostPattern(validating: "*.a.com")])
        #expect(code(Selectors(urls: [try PurgeURL(validating: "http://x.a.com/")]), scope) == nil)
        #expect(code(Selectors(urls: [try PurgeURL(validating: "http://a.com/")]), scope) == .outOfScope)
        #expect(code(Selectors(hosts: [try HostName(validating: "b.com")]), scope) == .outOfScope)
        #expect(code(Selectors(prefixes: [try PathPrefix(validating: "b.com/x")]), scope) == .outOfScope)
    }
}
