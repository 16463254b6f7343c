import Foundation
import Kafka
import TestSupport
import Testing

extension EndToEndTests {
    /// The promises under fire: real nginx and agents, versions that are counted, faults at random.
    ///
    /// `make torture DURATION=1800 SEED=7`; a short run of any seed is part of all tests.
    @Suite struct TortureTests {
        private static let readers = 10
        private static let writers = 4

        @Test
        func `after a confirmed purge nobody reads less, whatever is killed, stopped or cut off`() async throws {
            let plan = TorturePlan()
            let ledger = TortureLedger()
            let metrics = TortureMetrics(ledger)
            // A real cluster may have topics of somebody else's run.
            let prefix = "torture-\(UInt32.random(in: 0 ... .max))"
            let topics = [
                prefix + ".events": Int(TortureCluster.partitions), prefix + ".acks": 1, prefix + ".dead_letters": 1,
                prefix + ".tiers": 1,
            ]
            let cluster = try TortureCluster.make(topics: topics)
            let variables = ["WATCHDOG_USEC": "\(TorturePlan.watchdog.components.seconds * 1_000_000)"]
            // Configuration, caches and logs stay when something was wrong.
            let directory = NSTemporaryDirectory() + "torture-\(UInt32.random(in: 0 ... .max))"
            let options =
                [
                    "--topic-prefix", prefix, "--caches", "\(TorturePlan.caches)", "--directory", directory,
                    "--fence-mode", plan.fenceMode,
                ] + (plan.ask.map { ["--ask", $0] } ?? []) + (plan.hasTiers ? ["--tiers"] : [])
            do {
                try await DevEnvironment.run(
                    options: options, variables: variables, cluster: cluster.mock
                ) { environment in
                    try await torture(environment, plan, ledger, metrics, cluster)
                }
            } catch {
                Issue.record(error, "SEED=\(plan.seed), logs are in \(directory)")
                try await cluster.remove(topics: Array(topics.keys))
                return
            }
            try await cluster.remove(topics: Array(topics.keys))
            let report = TortureReport(plan: plan, state: ledger.snapshot, metrics: metrics)
            try FileHandle.standardOutput.write(contentsOf: Data("\(report)\n".utf8))
            #expect(report.isGood, "SEED=\(plan.seed), logs are in \(directory)")
            #expect(report.state.reads > 0 && !report.state.confirmations.isEmpty)
            if report.isGood { try FileManager.default.removeItem(atPath: directory) }
        }

        private func torture(
            _ environment: DevEnvironment, _ plan: TorturePlan, _ ledger: TortureLedger, _ metrics: TortureMetrics,
            _ cluster: TortureCluster
        ) async throws {
            let cuts = try await cuts(environment, plan)
            let producer = try Producer(environment.kafka())
            let reader = TortureReader(environment: environment, ledger: ledger)
            let writer = TortureWriter(environment: environment, ledger: ledger, producer: producer)
            let faults = TortureFaults(
                environment: environment, ledger: ledger, cluster: cluster, cuts: cuts, plan: plan)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await metrics.run(environment) }
                for number in 0..<Self.readers { group.addTask { await reader.run(plan.generator(number)) } }
                await withTaskGroup(of: Void.self) { harm in
                    for number in 0..<Self.writers { harm.addTask { await writer.run(plan.generator(100 + number)) } }
                    for (number, victim) in TorturePlan.Victim.allCases.enumerated() {
                        harm.addTask { await faults.run(victim, plan.generator(200 + number)) }
                    }
                    try? await Task.sleep(for: plan.duration)
                    harm.cancelAll()
                }
                // Readers go on: what is healing must not serve anything old either.
                await faults.heal()
                await finish(faults, writer, plan)
                group.cancelAll()
            }
            await reader.readAll()
            await metrics.ask(environment)
            await producer.closeGracefully(flushing: .seconds(10))
            for cut in cuts.values { try await cut.stop() }
        }

        /// Puts something that can be cut between each agent and Kafka.
        private func cuts(_ environment: DevEnvironment, _ plan: TorturePlan) async throws -> [String: KafkaCut] {
            try await withThrowingTaskGroup(of: (String, KafkaCut).self) { group in
                for cache in environment.ready.caches {
                    group.addTask {
                        let cut = try KafkaCut(brokers: environment.ready.kafka)
                        try await environment.lead(
                            cache, through: cut, guardWindow: plan.guardWindow, reclaim: plan.reclaim)
                        return (cache.agent, cut)
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
        }

        /// Once all is well again a last purge of each page is confirmed.
        private func finish(_ faults: TortureFaults, _ writer: TortureWriter, _ plan: TorturePlan) async {
            for cache in faults.environment.ready.caches {
                do {
                    try await faults.waitUntilLive(cache)
                } catch {
                    Issue.record("\(error)")
                }
            }
            var random = plan.generator(300)
            for _ in 0..<10 {
                await writer.write(
                    TortureWriter.purge(&random), invalidates: random.once(in: 2), straight: false, &random)
            }
        }
    }
}
