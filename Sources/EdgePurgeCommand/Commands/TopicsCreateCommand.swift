import ArgumentParser
import Kafka
import PurgeModel

/// `edge-purge topics create`: makes the three topics with the settings they need.
struct TopicsCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create the three topics; those that exist are left as they are.",
        discussion: """
              edge-purge topics create --bootstrap kafka1:9092 --replication 3
              edge-purge topics create --config agent.yaml

            With --config, brokers, TLS and names are taken from there.

            purge.events        purges; kept 7 days, at most 1 MiB each
            purge.acks          how far each agent is; compacted
            purge.dead_letters  events that were not understood; kept 7 days
            """
    )

    @OptionGroup var options: SettingOptions

    @Option(name: .customLong("partitions"), help: "Partitions of the topic of purges; the others have one.")
    var partitions = 8

    @Option(name: .customLong("replication"), help: "Copies of each partition; 3 is usual in production.")
    var replication = 1

    @Option(name: .customLong("retention"), help: "How long purges and dead letters are kept, such as 7d or 12h.")
    var retention = WaitArgument(.seconds(7 * 86_400))

    func validate() throws {
        if !(1...10_000).contains(partitions) {
            throw ValidationError("--partitions is \(partitions); allowed: 1 to 10000.")
        }
        if !(1...100).contains(replication) {
            throw ValidationError("--replication is \(replication); allowed: 1 to 100.")
        }
        _ = try retention.checked("--retention")
    }

    func run() async throws {
        let (kafka, topics) = try options.cluster()
        let specifications = try TopicPlan(
            topics: topics,
            partitions: partitions,
            replication: replication,
            retention: retention.checked("--retention")
        ).specifications
        let admin = try KafkaAdmin(kafka)
        do {
            // To create is given half a minute; that nobody is there is known earlier.
            _ = try await admin.partitionCount(topics.events, timeout: .seconds(5))
        } catch {
            throw CommandFailure(
                "Kafka at \(kafka.bootstrapServers) cannot be reached: \(error). Say where it is with --bootstrap; "
                    + "for TLS and SASL give --config with kafka.properties")
        }
        do {
            for topic in try await admin.createTopics(specifications) {
                switch topic.outcome {
                case .created: Terminal.write("\(topic.name): created")
                case .alreadyExists: Terminal.write("\(topic.name): exists already, left as it is")
                }
            }
        } catch {
            throw CommandFailure(
                "the topics could not be created on \(kafka.bootstrapServers): \(error). "
                    + "Are there at least \(replication) brokers (--replication), and may this client create topics?"
            )
        }
    }
}
