import Foundation
import Kafka
import NIOCore
import NIOHTTP1
import PurgeModel
import TestSupport

/// Changes pages at the origin, purges them, and waits until that is confirmed.
struct TortureWriter: Sendable {
    let environment: DevEnvironment
    let ledger: TortureLedger
    let producer: Producer

    /// A purge, and the pages it names.
    struct Purge: Sendable {
        var kind: String
        /// As Cloudflare's API takes it.
        var body: String
        /// As it stands in an event.
        var selectors: String
        var scope: String
        var pages: [TorturePage]
    }

    /// Longer than any fault: agents come back, Kafka comes back, then it takes a moment.
    private static let confirmationLimit = Duration.seconds(180)

    /// Writes until the task is cancelled.
    func run(_ generator: SeededGenerator) async {
        var random = generator
        while !Task.isCancelled {
            let purge = Self.purge(&random)
            await write(purge, invalidates: random.once(in: 2), straight: random.once(in: 3), &random)
            try? await Task.sleep(for: .milliseconds(random.number(0...300)))
        }
    }

    /// Draws one of the five selectors.
    static func purge(_ random: inout SeededGenerator) -> Purge {
        let page = random.pick(TorturePage.all)
        let host = page.host
        let zone = #""shop.example","*.shop.example""#
        switch random.number(0...9) {
        case 0...3:
            let pages = (0..<random.number(1...3)).map { _ in random.pick(TorturePage.all) } + [page]
            let urls = Set(pages).map { "\"http://\($0.host)\($0.target)\"" }.joined(separator: ",")
            return Purge(
                kind: "url", body: "{\"files\":[\(urls)]}", selectors: "{\"urls\":[\(urls)]}", scope: zone,
                pages: Array(Set(pages)))
        case 4...6:
            return Purge(
                kind: "tag", body: "{\"tags\":[\"\(page.tag)\"]}", selectors: "{\"tags\":[\"\(page.tag)\"]}",
                scope: zone, pages: TorturePage.all.filter { $0.tag == page.tag })
        case 7:
            return Purge(
                kind: "host", body: "{\"hosts\":[\"\(host)\"]}", selectors: "{\"hosts\":[\"\(host)\"]}", scope: zone,
                pages: TorturePage.all.filter { $0.host == host })
        case 8:
            return Purge(
                kind: "prefix", body: "{\"prefixes\":[\"\(page.directory)\"]}",
                selectors: "{\"prefixes\":[\"\(page.directory)\"]}", scope: zone,
                pages: TorturePage.all.filter { $0.directory == page.directory })
        default:
            // Everything of one host: the bystanders of the zone are not to go.
            return Purge(
                kind: "everything", body: "", selectors: "{\"everything\":true}", scope: "\"\(host)\"",
                pages: TorturePage.all.filter { $0.host == host })
        }
    }

    /// Raises the versions, purges, waits, and notes what must hold from then on.
    func write(_ purge: Purge, invalidates: Bool, straight: Bool, _ random: inout SeededGenerator) async {
        guard let versions = await bump(purge.pages) else { return }
        let isStraight = straight || purge.body.isEmpty
        var id: String?
        let deadline = ContinuousClock.now + Self.confirmationLimit
        while id == nil {
            guard ContinuousClock.now < deadline else {
                return ledger.unconfirmed("never accepted: \(purge.selectors)")
            }
            id =
                isStraight
                ? await produce(purge, invalidates: invalidates, &random) : await post(purge, invalidates: invalidates)
            if Task.isCancelled { return }
            if id == nil { try? await Task.sleep(for: .milliseconds(200)) }
        }
        guard let id else { return }
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < Self.confirmationLimit {
            let url = "\(environment.ready.control)/v1/purges/\(id)?wait=10s"
            let answer = try? await environment.web.json(.GET, url, timeout: .seconds(20))
            if answer?.value["state"].text == "confirmed" {
                let kind = "\(purge.kind) \(invalidates ? "invalidate" : "delete")"
                ledger.confirmed(versions, kind: kind, after: ContinuousClock.now - begin)
                return
            }
            if Task.isCancelled { return }
            if answer?.status != 200 { try? await Task.sleep(for: .milliseconds(100)) }
        }
        ledger.unconfirmed("\(id) \(purge.selectors)")
    }

    /// Raises versions at the origin; the new ones by path.
    private func bump(_ pages: [TorturePage]) async -> [String: Int]? {
        let query = pages.map { "path=\($0.path)" }.joined(separator: "&")
        let answer = try? await environment.web.json(.POST, "\(environment.ready.origin)/_origin/bump?\(query)")
        guard let versions = answer?.value["versions"].items.compactMap(\.int), versions.count == pages.count else {
            return nil
        }
        return Dictionary(zip(pages.map(\.path), versions), uniquingKeysWith: max)
    }

    private func post(_ purge: Purge, invalidates: Bool) async -> String? {
        let route = invalidates ? "invalidate_cache" : "purge_cache"
        let url = "\(environment.ready.control)/client/v4/zones/\(environment.ready.zone)/\(route)"
        return try? await environment.web.json(.POST, url, purge.body, timeout: .seconds(20)).value["result"]["id"].text
    }

    private func produce(_ purge: Purge, invalidates: Bool, _ random: inout SeededGenerator) async -> String? {
        let id = PurgeID.random(using: &random).description
        // After the new versions are there, to the millisecond: what was fetched before it may be old.
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) + 1)
        let event = """
            {"id":"\(id)","zone":"torture","scope":[\(purge.scope)],"selectors":\(purge.selectors),\
            "mode":"\(invalidates ? "invalidate" : "delete")","accepted_at":"\(now)","source":"torture"}
            """
        let sent = try? await producer.send(
            topic: environment.ready.topics.events, key: Array(id.prefix(1).utf8), value: Array(event.utf8))
        return sent == nil ? nil : id
    }
}
