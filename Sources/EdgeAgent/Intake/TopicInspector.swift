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
    private let report = Mutex(TopicReport())

    init(_ kafka: KafkaConfiguration, topics: TopicNames, status: AgentStatusBoard, logger: Logger) {
        names = topics
        watch = TopicWatch(kafka, topics: topics.needed.map(\.name))
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
        let read = topics.readable
        let facts = names.needed.compactMap { role, name in
            read.topics[name].map {
                TopicFacts(role: role, name: name, replicas: $0.replicas, properties: $0.properties)
            }
        }
        let (news, untrue) = report.withLock { report in
            (report.take(facts, areAll: read.failure == nil), report.untrue)
        }
        if news.cannotCheck, let error = read.failure {
            logger.notice(
                "whether the topics are as purges need them cannot be checked; allow DescribeConfigs on them",
                metadata: ["error": "\(error)"])
        }
        for finding in news.findings { logger.warning("\(finding)") }
        status.set(topicProblem: untrue)
    }
}
