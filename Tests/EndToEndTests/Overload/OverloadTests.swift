import Foundation
import Kafka
import TestSupport
import Testing

extension EndToEndTests {
    /// One zone floods, one machine fails: what a purge of a single page of another zone takes meanwhile.
    ///
    /// `make overload SCALE=20 SEED=7`; a short run of any seed is part of all tests.
    @Suite struct OverloadTests {
        /// Purges sent while nothing else is to be done, alone and among all tests.
        private static let idlePurges = (alone: 200, among: 40)
        /// Those sent during a flood: alone so many that their 99th percentile says something.
        private static let floodPurges = (alone: 200, among: 20)
        /// How many times as long they may take at the median, alone and among all tests.
        ///
        /// A build for development takes a quarter of a second to read a message of 3,000 URLs.
        private static let ratioMax = (alone: 5.0, among: 30.0)
        /// Memory that a flood may cost a process in a build for development.
        private static let memoryMax = 256 << 20
        private static let fenceAfter = 10

        @Test func `a purge of one page waits for no flood, and nothing is fenced for one`() async throws {
            let plan = OverloadPlan()
            let options = ["--caches", "1", "--fence-mode", "behind", "--fence-after", "\(Self.fenceAfter)s"]
            var report = OverloadReport(title: "overload: SEED=\(plan.seed) SCALE=\(plan.scale)")
            try await DevEnvironment.run(options: options) { environment in
                let producer = try Producer(environment.kafka(["message.max.bytes": "4000000"]))
                let writer = OverloadWriter(environment: environment, producer: producer, zone: plan.zone)
                do {
                    try await writer.fill()
                    let idlePurges = plan.isShort ? Self.idlePurges.among : Self.idlePurges.alone
                    for number in 0..<idlePurges {
                        report.idle.times.append(try await probe(environment, "idle", number, mayConfirm: true))
                    }
                    for flood in plan.floods { report.rows.append(try await run(flood, plan, writer)) }
                } catch {
                    Issue.record(error, "after \(report.rows.count) floods of \(plan.floods.map(\.rawValue))")
                }
                await producer.closeGracefully(flushing: .seconds(10))
            }
            try FileHandle.standardOutput.write(contentsOf: Data("\(report)\n".utf8))
            let ratioMax = plan.isShort ? Self.ratioMax.among : Self.ratioMax.alone
            for (flood, row) in zip(plan.floods, report.rows) {
                #expect(report.ratio(row, 0.5) <= ratioMax, "\(flood.rawValue), SEED=\(plan.seed)")
                #expect(max(row.agentBytes, row.controlBytes) < Self.memoryMax, "\(flood.rawValue)")
                if !flood.mayFence { #expect(!row.isFenced, "\(flood.rawValue), SEED=\(plan.seed)") }
            }
        }

        /// Floods for as long as it takes to purge enough single pages.
        private func run(
            _ flood: OverloadFlood, _ plan: OverloadPlan, _ writer: OverloadWriter
        ) async throws -> OverloadReport.Row {
            let environment = writer.environment
            let harm = try OverloadHarm(flood, environment)
            var random = plan.generator(flood)
            let count = flood.messages * plan.scale
            let messages = writer.messages(of: flood, count, &random)
            var row = OverloadReport.Row(name: flood.rawValue, times: [])
            let before = try OverloadMemory(environment)
            try await harm.begin()
            // One that holds its purges goes on by itself.
            let stream = OverloadStream(writer, messages, count: count, isRepeated: !harm.holdsPurges)
            async let last = stream.run(random)
            do {
                let purges = plan.isShort ? Self.floodPurges.among : Self.floodPurges.alone
                while row.times.count < purges {
                    let time = try await probe(
                        environment, flood.rawValue, row.times.count, mayConfirm: flood != .deadDirectory)
                    row.times.append(time)
                    let status = try await environment.web.admin(environment.ready.caches[0], "/v1/status")
                    row.isFenced = row.isFenced || status["fence_reason"].text != nil
                    let now = try OverloadMemory(environment)
                    row.agentBytes = max(row.agentBytes, now.agent - before.agent)
                    row.controlBytes = max(row.controlBytes, now.control - before.control)
                }
                stream.end()
                row.messages = stream.sent
                try await harm.end()
                for id in try await last { _ = try await environment.confirmed(id) }
                try await environment.nothingIsPending()
            } catch {
                stream.end()
                try await harm.end()
                throw error
            }
            return row
        }

        /// Purges one page of a zone that does not flood; returns how long it took until that was confirmed.
        ///
        /// - Parameter mayConfirm: false: nobody knows what one of the caches holds, so nothing can be confirmed; then
        ///   until no visitor gets the page any more.
        private func probe(
            _ environment: DevEnvironment, _ name: String, _ number: Int, mayConfirm: Bool
        ) async throws -> Duration {
            let path = "/probe/\(name.split(separator: " ").joined(separator: "-"))/\(number)"
            let body = "{\"files\":[\"http://shop.example\(path)\"]}"
            let cache = environment.ready.caches[0]
            if !mayConfirm { _ = try await environment.web.page(cache, path) }
            let begin = ContinuousClock.now
            if mayConfirm {
                try await environment.purge(body)
            } else {
                _ = try await environment.accept(body)
                try await eventually("the page is gone") {
                    try await environment.web.page(cache, path).cacheStatus != "HIT"
                }
            }
            return begin.duration(to: .now)
        }
    }
}
