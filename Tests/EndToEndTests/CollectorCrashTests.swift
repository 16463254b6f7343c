import Foundation
import Kafka
import NIOHTTP1
import PurgeModel
import TestSupport
import Testing

extension EndToEndTests {
    /// The control plane killed while purges are under way.
    @Suite struct CollectorCrashTests: SharesEnvironment {
        private static let purges = 1000

        @Test
        func `killed in the middle of 1,000 purges, the control plane ends with all confirmed and every detail right`()
            async throws
        {
            let environment = try environment
            let web = environment.web
            let control = environment.ready.control
            // One purge in twenty finds a page on each cache.
            let pages = stride(from: 0, to: Self.purges, by: 20).map { "/collector/\($0)?tags=collector-\($0)" }
            for cache in environment.ready.caches {
                for page in pages { _ = try await web.page(cache, page) }
            }
            let producer = try Producer(environment.kafka())
            var ids: [String] = []
            for number in 0..<Self.purges {
                if number == Self.purges / 2 {
                    let first = ids[0]
                    try await eventually("the collector is in the middle") {
                        try await web.json(.GET, "\(control)/v1/purges/\(first)").status == 200
                    }
                    kill(try environment.processIDs().control.required, SIGKILL)
                }
                if number == Self.purges * 6 / 10 {
                    // The rest comes when it is back: the embedded broker keeps only the last 5 MB of acknowledgements.
                    try await isBack(control)
                }
                let (id, value) = event(number)
                _ = try await producer.send(
                    topic: environment.ready.topics.events, key: Array("test".utf8), value: value)
                ids.append(id)
            }
            await producer.closeGracefully(flushing: .seconds(10))
            try await isBack(control)
            for (number, id) in ids.enumerated() {
                try await environment.collectorKnows(id)
                let purge = try await environment.confirmed(id)
                let shares = purge["by_agent"].items
                let removed = number.isMultiple(of: 20) ? 1 : 0
                #expect(shares.count == 3, "purge \(number)")
                #expect(shares.allSatisfy { $0["standing"].text == "applied" }, "purge \(number): \(purge)")
                #expect(shares.allSatisfy { $0["applied_at"].text != nil }, "purge \(number): \(purge)")
                #expect(shares.allSatisfy { $0["removed"].int == removed }, "purge \(number): \(purge)")
                #expect(purge["removed"].int == 3 * removed, "purge \(number)")
                #expect(purge["confirmed_at"].text != nil, "purge \(number)")
            }
            try await listHolds(Set(ids))
        }

        private func isBack(_ control: String) async throws {
            let web = try environment.web
            try await eventually("the control plane is back") {
                (try? await web.json(.GET, "\(control)/readyz").status) == 200
            }
        }

        /// Walks through the whole list of confirmed purges.
        private func listHolds(_ ids: Set<String>) async throws {
            let environment = try environment
            var found: [String] = []
            var query = "state=confirmed&limit=500"
            // Other tests of the suite have made some hundred purges besides.
            for _ in 0..<100 {
                let page = try await environment.web.json(.GET, "\(environment.ready.control)/v1/purges?\(query)").value
                found += page["purges"].items.compactMap { $0["id"].text }
                guard let next = page["next"].text else {
                    #expect(ids.isSubset(of: found))
                    #expect(found.count == Set(found).count, "a purge is listed twice")
                    return
                }
                query = "state=confirmed&limit=500&before=\(next)"
            }
            Issue.record("the list has no end")
        }

        private func event(_ number: Int) -> (id: String, value: [UInt8]) {
            var generator = SystemRandomNumberGenerator()
            let id = PurgeID.random(using: &generator).description
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            let value = """
                {"id":"\(id)","zone":"test","scope":["shop.example"],"selectors":{"tags":["collector-\(number)"]},\
                "accepted_at":"\(now)","source":"test"}
                """
            return (id, Array(value.utf8))
        }
    }
}
