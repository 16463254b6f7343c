import Foundation
import NIOHTTP1
import Testing

/// `fence.mode: cut_off` with one machine out of three cut off from Kafka.
@Suite struct CutOffTests {
    private let page = "/cut/a?tags=cut"

    @Test func `a purge is confirmed without a machine that is cut off, and that machine serves nothing old`()
        async throws
    {
        try await DevEnvironment.run(options: ["--fence-mode", "cut_off", "--fence-after", "3s"]) { environment in
            let cache = environment.ready.caches[2]
            let cut = try KafkaCut(brokers: environment.ready.kafka)
            try await environment.lead(cache, through: cut)
            for cache in environment.ready.caches {
                _ = try await environment.web.page(cache, page)
                #expect(try await environment.web.page(cache, page).cacheStatus == "HIT")
            }

            cut.set(.closed)
            _ = try await environment.web.json(.POST, "\(environment.ready.origin)/_origin/bump?path=/cut/a")
            let id = try await environment.accept(#"{"tags":["cut"]}"#)
            let url = "\(environment.ready.control)/v1/purges/\(id)"
            let first = try await environment.web.json(.GET, url).value
            #expect(first["state"].text == "pending", "its lease runs: \(first)")
            let purge = try await environment.web.json(.GET, "\(url)?wait=60s").value
            #expect(purge["state"].text == "confirmed", "\(purge)")
            #expect(purge["agents"]["safe"].int == 1 && purge["agents"]["applied"].int == 2, "\(purge)")
            for _ in 0..<5 {
                let visit = try await environment.web.page(cache, page)
                #expect(visit.cacheStatus == "BYPASS" && visit.version == "2")
            }
            #expect(try await environment.web.admin(cache, "/v1/status")["fence_reason"].text == "out_of_touch")

            cut.set(nil)
            try await environment.becomesLive(cache)
            #expect(try await environment.web.page(cache, page).cacheStatus == "MISS", "it has been applied here too")
            let visit = try await environment.web.page(cache, page)
            #expect(visit.cacheStatus == "HIT" && visit.version == "2")
            try await cut.stop()
        }
    }
}
