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

    /// Sends one message of a flood, number `number` of it; returns the purge's id, nil for what is no purge.
    func send(_ flood: OverloadFlood, _ number: Int, _ random: inout SeededGenerator) async throws -> String? {
        switch flood {
        case .badMessages:
            let count = random.number(1...2_000)
            _ = try await produce(Array("no purge \(number) \(String(repeating: "x", count: count))".utf8))
            return nil
        case .badHeaders:
            let header = Header(name: "padding", value: [UInt8](repeating: 0x78, count: Self.headerBytes))
            _ = try await produce(Array("no purge".utf8), headers: [header])
            return nil
        case .invalidations: return try await purge(#"{"tags":["\#(Self.tag)"]}"#, "invalidate", &random)
        case .manyURLs:
            let urls = (0..<Self.names).map { #""http://\#(Self.host)/vary/\#(number)/\#($0)?tags=\#(Self.tag)""# }
            return try await purge(#"{"urls":[\#(urls.joined(separator: ","))]}"#, mode(&random), &random)
        case .manyPrefixes:
            let prefixes = (0..<Self.names).map { #""\#(Self.host)/\#(number)/\#($0)""# }
            return try await purge(#"{"prefixes":[\#(prefixes.joined(separator: ","))]}"#, mode(&random), &random)
        case .hugeEvents:
            let filler = String(repeating: "t", count: 1_000)
            let tags = (0..<Self.hugeTags).map { #""\#(filler)\#(number)-\#($0)""# }
            // The embedded cluster keeps 5 MiB of a partition.
            return try await purge(
                #"{"tags":[\#(tags.joined(separator: ","))]}"#, mode(&random), &random, isSpread: true)
        case .deadDirectory, .immutableFile:
            return try await purge(#"{"tags":["\#(Self.tag)"]}"#, "delete", &random)
        }
    }

    private func mode(_ random: inout SeededGenerator) -> String { random.once(in: 2) ? "delete" : "invalidate" }

    private func purge(
        _ selectors: String, _ mode: String, _ random: inout SeededGenerator, isSpread: Bool = false
    ) async throws -> String {
        let id = PurgeID.random(using: &random).description
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let event = """
            {"id":"\(id)","zone":"\(zone)","scope":["\(Self.host)"],"selectors":\(selectors),"mode":"\(mode)",\
            "accepted_at":"\(now)","source":"overload"}
            """
        try await produce(Array(event.utf8), key: Array((isSpread ? id : zone).utf8))
        return id
    }

    private func produce(_ value: [UInt8], key: [UInt8]? = nil, headers: [Header] = []) async throws {
        _ = try await producer.send(
            topic: environment.ready.topics.events, key: key, value: value, headers: headers)
    }
}
