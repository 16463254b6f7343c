import Kafka
import Logging
import PurgeModel
import Synchronization

/// Tells where the topics are not as purges need them, as those that Kafka made by itself are not.
final class TopicInspector: Sendable {
    private let names: TopicNames
    private let watch: TopicWatch
    private let status: AgentStatusBoard
    private let logger: Logger
    private let news = Mutex((findings: TopicNews(), cannotCheck: false))

    init(_ kafka: KafkaConfiguration, topics: TopicNames, status: AgentStatusBoard, logger: Logger) {
        names = topics
        watch = TopicWatch(kafka, topics: topics.all.map(\.name))
        self.status = status
        self.logger = logger
    }

    /// Looks every few minutes until the task is cancelled.
    func run() async {
        await watch.run { found in
            // Without an answer others say so.
            if case .success(let topics) = found { self.take(topics) }
        }
    }

    private func take(_ topics: [String: TopicDescription]) {
        var findings: [TopicFinding] = []
        for (role, name) in names.all {
            guard let topic = topics[name] else { continue }
            switch topic.properties {
            case .success(let properties):
                findings += TopicCheck.findings(
                    TopicFacts(role: role, name: name, replicas: topic.replicas, properties: properties))
            // A broker for development has none.
            case .failure(let error) where error.code == .unsupportedFeature: break
            case .failure(let error):
                let isToldBefore = news.withLock { news in
                    defer { news.cannotCheck = true }
                    return news.cannotCheck
                }
                if isToldBefore { break }
                logger.notice(
                    "whether the topics are as purges need them cannot be checked; allow DescribeConfigs on them",
                    metadata: ["error": "\(error)"])
            }
        }
        for finding in news.withLock({ $0.findings.take(findings) }) { logger.warning("\(finding)") }
        status.set(topicProblem: findings.first { $0.effect == .untrue }?.message)
    }
}
