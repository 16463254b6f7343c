import Foundation
import Kafka
import Testing

extension EndToEndTests {
    /// The promises under fire: real nginx and agents, versions that are counted, faults at random.
    ///
    /// `make torture DURATION=1800 SEED=7`.
    @Suite struct TortureTests {
        private static let readers = 10
        private static let writers = 4

        private static let isAsked = ProcessInfo.processInfo.environment["EDGE_PURGE_TORTURE_DURATION"] != nil

        @Test(.enabled(if: isAsked))
        func `after a confirmed purge nobody reads less, whatever is killed, stopped or cut off`() async throws {
            let plan = TorturePlan()
            let ledger = TortureLedger()
            let cluster = try MockCluster(brokers: Int(TortureFaults.brokers))
            try cluster.createTopic("torture.events", partitions: Int(TortureFaults.partitions))
            for topic in ["torture.acks", "torture.dead_letters"] { try cluster.createTopic(topic, partitions: 1) }
            let variables = [
                "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers,
                // This broker has no long poll.
                "KAFKA_PROPERTIES_FETCH_WAIT_MAX_MS": "10",
            ]
            // Configuration, caches and logs stay when something was wrong.
            let directory = NSTemporaryDirectory() + "torture-\(UInt32.random(in: 0 ... .max))"
            let options = [
                "--topic-prefix", "torture", "--caches", "\(TorturePlan.caches)", "--directory", directory,
                "--fence-mode", plan.fenceMode,
            ]
            try await DevEnvironment.run(options: options, variables: variables) { environment in
                try await torture(environment, plan, ledger, cluster)
            }
            let report = TortureReport(plan: plan, state: ledger.snapshot)
            try FileHandle.standardOutput.write(contentsOf: Data("\(report)\n".utf8))
            #expect(report.isGood, "logs are in \(directory)")
            #expect(report.state.reads > 0 && !report.state.confirmations.isEmpty)
            if report.isGood { try FileManager.default.removeItem(atPath: directory) }
        }

        private func torture(
            _ environment: DevEnvironment, _ plan: TorturePlan, _ ledger: TortureLedger, _ cluster: MockCluster
        ) async throws {
            let producer = try Producer(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers))
            let reader = TortureReader(environment: environment, ledger: ledger)
            let writer = TortureWriter(environment: environment, ledger: ledger, producer: producer)
            let faults = [true, false].map { isOfKafka in
                TortureFaults(
                    environment: environment, ledger: ledger, cluster: cluster,
                    faults: plan.faults.filter { $0.isOfKafka == isOfKafka })
            }
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<Self.readers { group.addTask { await reader.run(plan.generator(number)) } }
                await withTaskGroup(of: Void.self) { harm in
                    for number in 0..<Self.writers { harm.addTask { await writer.run(plan.generator(100 + number)) } }
                    for (number, one) in faults.enumerated() {
                        harm.addTask { await one.run(plan.generator(200 + number)) }
                    }
                    try? await Task.sleep(for: plan.duration)
                    harm.cancelAll()
                }
                // Readers go on: what is healing must not serve anything old either.
                for one in faults { one.heal() }
                await finish(faults[0], writer, plan)
                group.cancelAll()
            }
            for cache in environment.ready.caches {
                for page in TorturePage.all {
                    for encoding in page.encodings { await reader.read(page, cache, encoding: encoding) }
                }
            }
            await producer.closeGracefully(flushing: .seconds(10))
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
