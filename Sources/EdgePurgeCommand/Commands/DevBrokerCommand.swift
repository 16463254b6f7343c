import ArgumentParser
import Kafka
import LinuxFiles
import Logging
import PurgeModel
import ServiceLifecycle

/// `edge-purge dev-broker`: a Kafka-protocol cluster in memory, for development and tests.
struct DevBrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev-broker",
        abstract: "Run a small Kafka-protocol broker in memory, for development.",
        discussion: """
            Listens on a free port of 127.0.0.1, prints its address, and runs until
            SIGTERM or Ctrl-C. Any Kafka client can talk to it. The topics exist
            already: it needs no `edge-purge topics create`. Nothing is kept: it is
            librdkafka's mock cluster, never to be trusted with data.

              edge-purge dev-broker --file broker.txt
            """
    )

    @Option(name: .customLong("partitions"), help: "Partitions of the topic of purges; the others have one.")
    var partitions = 8

    @Option(
        name: .customLong("file"),
        help: ArgumentHelp("Write the address to this file too, once it can be used.", valueName: "path")
    )
    var file: String?

    @Option(
        name: .customLong("topic-prefix"),
        help: ArgumentHelp("Topics are called PREFIX.events, PREFIX.acks and so on.", valueName: "prefix")
    )
    var topicPrefix = "purge"

    func validate() throws {
        if !(1...1000).contains(partitions) {
            throw ValidationError("--partitions is \(partitions); allowed: 1 to 1000.")
        }
    }

    func run() async throws {
        let logger = ServiceRunner.logger("edge-purge.dev-broker", level: .notice)
        let cluster = try MockCluster(logHandler: ServiceRunner.kafkaLog(logger))
        defer { cluster.close() }
        let plan = TopicPlan(
            topics: TopicNames(prefix: topicPrefix),
            partitions: partitions,
            replication: 1,
            retention: .seconds(7 * 86_400)
        )
        for topic in plan.specifications { try cluster.createTopic(topic.name, partitions: topic.partitions) }
        if let file {
            do {
                try SmallFile.replace(file, with: Array((cluster.bootstrapServers + "\n").utf8), permissions: 0o644)
            } catch {
                throw CommandFailure("the file \(file) cannot be written: \(FileProblem.reason(error))")
            }
        }
        Terminal.write(cluster.bootstrapServers)
        try await ServiceRunner.run([("broker", UntilStopped())], logger: logger)
    }
}

/// Does nothing until it is told to stop.
private struct UntilStopped: Service {
    func run() async throws {
        try await gracefulShutdown()
    }
}

extension TopicNames {
    /// The usual names with another beginning: `PREFIX.events`, `PREFIX.acks` and so on.
    init(prefix: String) {
        self.init()
        events = "\(prefix).events"
        acks = "\(prefix).acks"
        deadLetters = "\(prefix).dead_letters"
        tiers = "\(prefix).tiers"
    }
}
