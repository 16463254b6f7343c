import NIOHTTP1
import Testing

/// `fence.mode: cut_off` with one machine out of three cut off from Kafka.
@Suite struct CutOffTests {
    private let page = "/cut/a?tags=cut"

    @Test func `a purge is confirmed without a machine that is cut off, and that machine serves nothing old`()
        async throws
    {
        // As long as the default: on a busy machine the others must not be out of touch too.
        try await DevEnvironment.run(options: ["--fence-mode", "cut_off", "--fence-after", "10s"]) { environment in
            let cache = environment.ready.caches[2]
            let cut = try KafkaCut(brokers: environment.ready.kafka)
            try await environment.lead(cache, through: cut)
            try await environment.warm([page])

            let begin = ContinuousClock.now
            cut.set(.closed)
            try await environment.origin(.POST, "bump?path=/cut/a")
            let id = try await environment.accept(#"{"tags":["cut"]}"#)
            let url = "\(environment.ready.control)/v1/purges/\(id)"
            let first = try await environment.web.json(.GET, url).value
            // Its lease began when it was heard last, at most two seconds before the cut.
            if begin.duration(to: .now) < .seconds(8) {
                #expect(first["state"].text == "pending", "its lease runs: \(first)")
            }
            let purge = try await environment.confirmed(id)
            #expect(purge["agents"]["safe"].int == 1, "\(purge)")
            #expect(purge["agents"]["applied"].int == 2, "\(purge)")
            for _ in 0..<5 {
                let visit = try await environment.web.page(cache, page)
                #expect(visit.cacheStatus == "BYPASS")
                #expect(visit.version == "2")
            }
            #expect(try await environment.web.admin(cache, "/v1/status")["fence_reason"].text == "out_of_touch")

            cut.set(nil)
            try await environment.becomesLive(cache)
            #expect(try await environment.web.page(cache, page).cacheStatus == "MISS", "it has been applied here too")
            #expect(try await environment.staysCached(cache, page).version == "2")
            try await cut.stop()
        }
    }
}
