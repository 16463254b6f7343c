import Foundation
import Kafka
import PurgeModel
import TestSupport

/// Produces floods straight to Kafka, all of them in a zone of their own.
struct OverloadWriter: Sendable {
    let environment: DevEnvironment
    let producer: Producer
    /// The zone that floods: its key decides the partition, as with every producer that keeps to the protocol.
    let zone: String

    /// What is flooded, and never probed.
    static let host = "flood.example"
    /// The tag of all its pages.
    static let tag = "flood"
    /// Pages of it in the cache, in three variants each.
    static let pages = 300

    private static let names = 3_000
    private static let hugeTags = 850
    private static let headerBytes = 900_000
    /// Different messages of a flood at most; of more, some come again under another id.
    private static let differentMax = 200

    /// Fills the caches with what floods name.
    func fill() async throws {
        for cache in environment.ready.caches {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for encoding in ["gzip", "br", "identity"] {
                    group.addTask {
                        for page in 0..<Self.pages {
                            _ = try await environment.web.page(
                                cache, "/vary/\(page)?tags=\(Self.tag)", host: Self.host, encoding: encoding)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// The messages of a flood, so many or fewer, which is all that takes time about them.
    ///
    /// Were they made while purges are timed, that would be most of what the machine does.
    func messages(of flood: OverloadFlood, _ count: Int, _ random: inout SeededGenerator) -> [OverloadMessage] {
        (0..<min(count, Self.differentMax)).map { message(of: flood, $0, &random) }
    }

    private func message(
        of flood: OverloadFlood, _ number: Int, _ random: inout SeededGenerator
    ) -> OverloadMessage {
        switch flood {
        case .badMessages:
            let padding = String(repeating: "x", count: random.number(1...2_000))
            return OverloadMessage(rest: Array("no purge \(number) \(padding)".utf8), isPurge: false)
        case .badHeaders:
            let header = Header(name: "padding", value: [UInt8](repeating: 0x78, count: Self.headerBytes))
            return OverloadMessage(rest: Array("no purge".utf8), isPurge: false, headers: [header])
        case .invalidations: return purge(#"{"tags":["\#(Self.tag)"]}"#, "invalidate")
        case .manyURLs:
            let urls = (0..<Self.names).map { #""http://\#(Self.host)/vary/\#(number)/\#($0)?tags=\#(Self.tag)""# }
            return purge(#"{"urls":[\#(urls.joined(separator: ","))]}"#, mode(&random))
        case .manyPrefixes:
            let prefixes = (0..<Self.names).map { #""\#(Self.host)/\#(number)/\#($0)""# }
            return purge(#"{"prefixes":[\#(prefixes.joined(separator: ","))]}"#, mode(&random))
        case .hugeEvents:
            let filler = String(repeating: "t", count: 1_000)
            let tags = (0..<Self.hugeTags).map { #""\#(filler)\#(number)-\#($0)""# }
            // The embedded cluster keeps 5 MiB of a partition.
            return purge(#"{"tags":[\#(tags.joined(separator: ","))]}"#, mode(&random), isSpread: true)
        case .deadDirectory, .immutableFile: return purge(#"{"tags":["\#(Self.tag)"]}"#, "delete")
        }
    }

    private func mode(_ random: inout SeededGenerator) -> String { random.once(in: 2) ? "delete" : "invalidate" }

    private func purge(_ selectors: String, _ mode: String, isSpread: Bool = false) -> OverloadMessage {
        let rest = #""zone":"\#(zone)","scope":["\#(Self.host)"],"selectors":\#(selectors),"mode":"\#(mode)"}"#
        return OverloadMessage(rest: Array(rest.utf8), isPurge: true, isSpread: isSpread)
    }

    /// Sends a message; returns where it is, and the purge's id, nil for what is no purge.
    func send(
        _ message: OverloadMessage, _ random: inout SeededGenerator
    ) async throws -> (delivery: Delivery, id: String?) {
        guard message.isPurge else { return (try await produce(message.rest, headers: message.headers), nil) }
        let id = PurgeID.random(using: &random).description
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let head = #"{"id":"\#(id)","accepted_at":"\#(now)","source":"overload","#
        let key = Array((message.isSpread ? id : zone).utf8)
        return (try await produce(Array(head.utf8) + message.rest, key: key), id)
    }

    private func produce(
        _ value: [UInt8], key: [UInt8]? = nil, headers: [Header] = []
    ) async throws -> Delivery {
        try await producer.send(topic: environment.ready.topics.events, key: key, value: value, headers: headers)
    }
}
