import Kafka
import Logging
import PurgeModel
import Synchronization

/// Finds out whether the topics are as purges need them, and lets nothing be confirmed while they are not: a purge
/// could be confirmed without an agent that Kafka has forgotten.
final class TopicInspector: Sendable {
    private struct Locked {
        var hasLooked = false
        var report = TopicReport()
    }

    private let names: TopicNames
    private let watch: TopicWatch
    private let ledger: PurgeLedger
    private let logger: Logger
    private let locked = Mutex(Locked())

    init(kafka: KafkaConfiguration, topics: TopicNames, ledger: PurgeLedger, logger: Logger) {
        names = topics
        watch = TopicWatch(kafka, topics: topics.needed.map(\.name), optional: [topics.tiers])
        self.ledger = ledger
        self.logger = logger
    }

    /// Whether the topics were looked at once, with whatever answer.
    var hasLooked: Bool { locked.withLock { $0.hasLooked } }

    /// Looks every few minutes until the task is cancelled.
    func run() async {
        await watch.run { found in
            if case .success(let topics) = found { self.take(topics) }
            self.locked.withLock { $0.hasLooked = true }
        }
    }

    private func take(_ topics: [String: TopicDescription]) {
        let read = topics.readable
        let facts = names.all.compactMap { role, name in
            read.topics[name].map {
                TopicFacts(role: role, name: name, replicas: $0.replicas, properties: $0.properties)
            }
        }
        let (news, untrue) = locked.withLock { locked in
            (locked.report.take(facts, areAll: read.failure == nil), locked.report.untrue)
        }
        if news.cannotCheck, let error = read.failure {
            logger.notice(
                "whether the topics are as purges need them cannot be checked; allow DescribeConfigs on them",
                metadata: ["error": "\(error)"])
        }
        for finding in news.findings { logger.warning("\(finding)") }
        ledger.update { state, now in state.hold(untrue, now: now) }
    }
}
