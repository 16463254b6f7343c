import PurgeModel
import TestSupport

/// One page of the site: what it is called in a cache, and how a purge may name it.
struct Page {
    /// Pages from 0 on; the last one is of another host, and no purge names it.
    static let count = 6

    let number: Int

    private var isNamed: Bool { number < Self.count - 1 }
    private var host: String { isNamed ? Self.host : "b.example" }
    private static let host = "a.example"

    var reversedHost: [UInt8] { Array(host.split(separator: ".").reversed().joined(separator: ".").utf8) }
    var target: [UInt8] { Array("/page-\(number)".utf8) }
    var tag: [UInt8] { Array("page-\(number)".utf8) }

    /// Some pages, and what names them and no other.
    static func some(_ random: inout SeededGenerator) throws -> (pages: Set<Int>, selectors: Selectors, scope: Scope) {
        let all = Set(0..<count - 1)
        let scope = Scope([.exact(try HostName(validating: host))])
        switch random.number(0...9) {
        case 0: return (all, Selectors(everything: true), scope)
        case 1: return (all, Selectors(hosts: [try HostName(validating: host)]), .all)
        default:
            let pages = Set((0..<random.number(1...3)).map { _ in random.number(0...count - 2) })
            if random.once(in: 3) {
                let urls = try pages.sorted().map { try PurgeURL(validating: "https://\(host)/page-\($0)") }
                return (pages, Selectors(urls: urls), .all)
            }
            let tags = try pages.sorted().map { try CacheTag(validating: "page-\($0)") }
            return (pages, Selectors(tags: tags), random.once(in: 2) ? scope : .all)
        }
    }
}
