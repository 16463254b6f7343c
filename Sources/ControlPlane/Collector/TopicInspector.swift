import Kafka
import Logging
import PurgeModel
import Synchronization

/// Finds out whether the topics are as purges need them, and lets nothing be confirmed while they are not: a purge
/// could be confirmed without an agent that Kafka has forgotten.
final class TopicInspector: Sendable {
    private struct Locked {
        var hasLooked = false
        var cannotCheck = false
        var news = TopicNews()
    }

    private let names: TopicNames
    private let watch: TopicWatch
    private let ledger: PurgeLedger
    private let logger: Logger
    private let locked = Mutex(Locked())

    init(kafka: KafkaConfiguration, topics: TopicNames, ledger: PurgeLedger, logger: Logger) {
        names = topics
        watch = TopicWatch(kafka, topics: topics.all.map(\.name))
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
        var findings: [TopicFinding] = []
        var isUnknown = false
        for (role, name) in names.all {
            guard let topic = topics[name] else { continue }
            switch topic.properties {
            case .success(let properties):
                findings += TopicCheck.findings(
                    TopicFacts(role: role, name: name, replicas: topic.replicas, properties: properties))
            // A broker for development has none.
            case .failure(let error) where error.code == .unsupportedFeature: break
            case .failure(let error):
                isUnknown = true
                let isToldBefore = locked.withLock { locked in
                    defer { locked.cannotCheck = true }
                    return locked.cannotCheck
                }
                if isToldBefore { break }
                logger.notice(
                    "whether the topics are as purges need them cannot be checked; allow DescribeConfigs on them",
                    metadata: ["error": "\(error)"])
            }
        }
        for finding in locked.withLock({ $0.news.take(findings) }) { logger.warning("\(finding)") }
        // What was found wrong stays so while it cannot be looked at.
        if isUnknown, findings.isEmpty { return }
        let reason = findings.first { $0.effect == .untrue }?.message
        ledger.update { state, now in state.hold(reason, now: now) }
    }
}
