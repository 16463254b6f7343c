import Kafka
import Logging
import PurgeModel
import ServiceLifecycle

/// Feeds the ledger from Kafka: `purge.events` from a window back, then `purge.acks` from the start, and the passing
/// of time.
struct Collector: Service {
    /// Silence becomes safety this often.
    ///
    /// Nobody waits for it but those whose agents are gone.
    private static let tick: Duration = .milliseconds(200)
    /// Acknowledgements are read after the purges they are about; but not if those cannot be read for this long.
    private static let purgesHeadStart: Duration = .seconds(10)
    /// While somebody's silence matters, the broker is asked this often whether there are words that have not been
    /// read.
    private static let proofPause: Duration = .milliseconds(100)
    /// How long one such question may take.
    private static let proofTimeout: Duration = .seconds(1)

    private let ledger: PurgeLedger
    private let purges: TopicReader
    private let acknowledgements: TopicReader
    private let comparison: TopicComparison
    private let inspector: TopicInspector

    /// Prepares a collector; nothing is read before ``run()``.
    /// - Parameters:
    ///   - kafka: the cluster.
    ///   - topics: the names of the topics.
    ///   - window: purges that are older are not read.
    ///   - ledger: what is told.
    ///   - logger: for what an operator should know.
    ///   - timing: how partitions are looked for.
    init(
        kafka: KafkaConfiguration, topics: TopicNames, window: Duration, ledger: PurgeLedger, logger: Logger,
        timing: TopicFollower.Timing = TopicFollower.Timing()
    ) {
        self.ledger = ledger
        let handler = CollectorMessages(
            ledger: ledger, oldest: ledger.now().wall.advanced(by: .zero - window), logger: logger)
        // What the history has need not be read again.
        let start = ledger.read { state, _ in state.start }
        let comparison = TopicComparison(kafka: kafka, topic: topics.events, ledger: ledger, logger: logger)
        self.comparison = comparison
        inspector = TopicInspector(kafka: kafka, topics: topics, ledger: ledger, logger: logger)
        purges = TopicReader(
            configuration: kafka, topic: topics.events, logger: logger, timing: timing,
            startOffset: { _, partition in start[partition].map { $0 > 0 ? .offset($0) : .earliest } ?? .earliest },
            onHint: comparison.hint,
            handle: handler.takePurges)
        acknowledgements = TopicReader(
            configuration: kafka, topic: topics.acks, logger: logger
        ) { batch in
            handler.takeAcknowledgements(batch)
            return []
        }
    }

    /// Why the answers about purges cannot be relied on yet; empty when they can.
    var obstacles: [String] {
        let (knowsMembers, knowsPurges) = ledger.read { state, _ in (state.knowsMembers, state.knowsPurges) }
        var obstacles: [String] = []
        if !knowsPurges { obstacles.append(purges.problem ?? "the purges are being read") }
        if !knowsMembers { obstacles.append(acknowledgements.problem ?? "the acknowledgements are being read") }
        return obstacles
    }

    /// How well the topics are read, for metrics.
    var topics: [(role: String, isReady: Bool, lag: Int64)] {
        [("events", purges), ("acks", acknowledgements)].map { role, reader in
            (role, reader.problem == nil, reader.lag)
        }
    }

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await purges.run() }
                group.addTask {
                    await waitForPurges()
                    await acknowledgements.run()
                }
                group.addTask { await letTimePass() }
                group.addTask { await proveReading() }
                group.addTask { await inspector.run() }
                group.addTask {
                    await comparison.run(
                        partitions: { purges.assigned }, readAnew: purges.readAnew,
                        lookForPartitions: purges.lookForPartitions)
                }
                // The readers end when they are stopped; the clock then has nothing to do.
                await group.next()
                purges.stop()
                acknowledgements.stop()
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            purges.stop()
            acknowledgements.stop()
        }
    }

    /// What an acknowledgement says about a purge that is not known yet can be kept for a while only.
    ///
    /// And before the topics were looked at it is not known whether it may be believed that nobody is missing.
    private func waitForPurges() async {
        let deadline = ContinuousClock.now + Self.purgesHeadStart
        while ContinuousClock.now < deadline,
            !inspector.hasLooked || !ledger.read({ state, _ in state.knowsPurges })
        {
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
        }
    }

    /// Finds out up to which moment the words of agents are known, where that matters.
    private func proveReading() async {
        while (try? await Task.sleep(for: Self.proofPause)) != nil {
            for partition in ledger.read({ state, _ in state.partitionsToProve }) {
                // Whatever was stored before the question is in its answer.
                let moment = ledger.now().monotonic
                guard await acknowledgements.hasReadAll(of: partition, timeout: Self.proofTimeout) else { continue }
                ledger.update { state, now in
                    state.provedRead(acksPartition: partition, to: moment)
                    state.advance(to: now)
                }
            }
        }
    }

    private func letTimePass() async {
        while (try? await Task.sleep(for: Self.tick)) != nil {
            ledger.letTimePass()
        }
    }
}
