import ArgumentParser
import Kafka
import PurgeModel

/// `edge-purge topics create`: makes the topics with the settings they need.
struct TopicsCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create the topics, and set right those that exist.",
        discussion: """
              edge-purge topics create --bootstrap kafka1:9092 --replication 3
              edge-purge topics create --config agent.yaml

            With --config, brokers, TLS and names are taken from there.

            A topic that exists, as one that Kafka made by itself, gets the properties
            that purges need; what cannot be set right is told, with exit code 1.

            purge.events        purges; kept 7 days, at most 1 MiB each
            purge.acks          how far each agent is; compacted
            purge.dead_letters  events that were not understood; kept 7 days
            purge.tiers         how far tiers are that others fill from; compacted
            """
    )

    @OptionGroup var options: SettingOptions

    @Option(
        name: .customLong("partitions"),
        help: "Partitions of the topic of purges, 8 when it is created; the others have one.")
    var partitions: Int?

    @Option(name: .customLong("replication"), help: "Copies of each partition; 3 is usual in production.")
    var replication = 1

    @Option(
        name: .customLong("retention"),
        help: "How long purges and dead letters are kept, such as 7d (when they are created) or 12h.")
    var retention: WaitArgument?

    /// What new topics have when nothing else is said.
    private static let partitionsUsual = 8
    private static let retentionUsual: Duration = .seconds(7 * 86_400)
    /// How long brokers may take to hear of a topic that others have made, and the pause between looks.
    private static let newsLimit: Duration = .seconds(10)
    private static let newsPause: Duration = .milliseconds(200)

    func validate() throws {
        if let partitions, !(1...10_000).contains(partitions) {
            throw ValidationError("--partitions is \(partitions); allowed: 1 to 10000.")
        }
        if !(1...100).contains(replication) {
            throw ValidationError("--replication is \(replication); allowed: 1 to 100.")
        }
        _ = try retention?.checked("--retention")
    }

    func run() async throws {
        let (kafka, topics) = try options.cluster()
        let retention = try retention?.checked("--retention")
        let plan = TopicPlan(
            topics: topics, partitions: partitions ?? Self.partitionsUsual, replication: replication,
            retention: retention ?? Self.retentionUsual)
        let admin = try KafkaAdmin(kafka)
        var found = try await describe(topics, admin, kafka)
        let others = try await create(plan.specifications.filter { found[$0.name] == nil }, admin, kafka)
        // The broker that was asked may hear of a topic a moment later than those that made it.
        let end = ContinuousClock.now + Self.newsLimit
        while let unknown = others.first(where: { found[$0] == nil }) {
            guard .now < end else {
                throw CommandFailure("\(unknown) was made by somebody else meanwhile; run this again")
            }
            try await Task.sleep(for: Self.newsPause)
            let news = try await describe(topics, admin, kafka)
            found.merge(news.filter { others.contains($0.key) }) { $1 }
        }
        var isRight = true
        for (role, name) in topics.all {
            guard let topic = found[name], let wanted = plan.specifications.first(where: { $0.name == name }) else {
                continue
            }
            let mending = TopicMending(topic, role: role, wanted: wanted, partitions: partitions, retention: retention)
            var text = "\(name): exists already"
            if !mending.changes.isEmpty {
                do throws(KafkaError) {
                    try await admin.set(mending.changes, of: topic)
                } catch {
                    throw CommandFailure(
                        "\(name) exists already, and its properties could not be set: \(error). "
                            + "May this client alter the properties of topics (AlterConfigs)?")
                }
                let changes = mending.changes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                text += "; set \(changes.joined(separator: ", "))"
            }
            Terminal.write(([text] + mending.remarks).joined(separator: "; "))
            for failure in mending.failures { Terminal.complain("\(name): \(failure)") }
            isRight = isRight && mending.failures.isEmpty
        }
        if !isRight { throw CommandFailure("not all topics are as purges need them") }
    }

    private func describe(
        _ topics: TopicNames, _ admin: KafkaAdmin, _ kafka: KafkaConfiguration
    ) async throws(CommandFailure) -> [String: TopicDescription] {
        do throws(KafkaError) {
            // To create is given half a minute; that nobody is there is known earlier.
            return try await admin.describe(topics.all.map(\.name), timeout: .seconds(5))
        } catch {
            if error.code == .topicAuthorizationFailed || error.code == .clusterAuthorizationFailed {
                throw CommandFailure(
                    "Kafka at \(kafka.bootstrapServers) does not let this client look at the topics: \(error). "
                        + "Allow it Describe, DescribeConfigs, Create and AlterConfigs on them")
            }
            throw CommandFailure(
                "Kafka at \(kafka.bootstrapServers) cannot be reached: \(error). Say where it is with --bootstrap; "
                    + "for TLS and SASL give --config with kafka.properties")
        }
    }

    /// Makes topics; returns those that somebody else has made meanwhile.
    private func create(
        _ topics: [TopicSpecification], _ admin: KafkaAdmin, _ kafka: KafkaConfiguration
    ) async throws(CommandFailure) -> Set<String> {
        do throws(KafkaError) {
            let made = try await admin.createTopics(topics)
            for topic in made where topic.outcome == .created { Terminal.write("\(topic.name): created") }
            return Set(made.filter { $0.outcome == .alreadyExists }.map(\.name))
        } catch {
            throw CommandFailure(
                "the topics could not be created on \(kafka.bootstrapServers): \(error). "
                    + "Are there at least \(replication) brokers (--replication), and may this client create topics?")
        }
    }
}
