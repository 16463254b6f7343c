import ArgumentParser
import FoundationEssentials
import Kafka
import PurgeModel

/// The options of every subcommand that runs from a configuration.
struct SettingOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: ArgumentHelp("The configuration file (YAML).", valueName: "file"))
    var path: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Set one key, over file and environment: --set kafka.bootstrap_servers=kafka1:9092. Repeatable.",
            valueName: "key=value"
        )
    )
    var assignments: [String] = []

    @Option(
        name: .customLong("bootstrap"),
        help: ArgumentHelp("Kafka brokers; the same as --set kafka.bootstrap_servers=….", valueName: "host:port")
    )
    var bootstrap: String?

    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("How much to log; the same as --set log.level=….", valueName: "level")
    )
    var logLevel: String?

    func validate() throws {
        for assignment in assignments where Self.split(assignment) == nil {
            throw ValidationError("--set \(assignment): write it as --set key=value, such as --set log.level=debug.")
        }
    }

    /// The flags as keys and values; the named ones win over `--set`.
    var flags: [(key: String, value: String)] {
        var flags = assignments.compactMap(Self.split)
        if let bootstrap { flags.append(("kafka.bootstrap_servers", bootstrap)) }
        if let logLevel { flags.append(("log.level", logLevel)) }
        return flags
    }

    /// Brokers and topic names, from the keys that agent and control plane share; other keys of the file are not looked
    /// at.
    ///
    /// - Throws: `ConfigurationProblems`.
    func cluster() throws -> (kafka: KafkaConfiguration, topics: TopicNames) {
        let reader = try SettingsReader(path: path, environment: ProcessInfo.processInfo.environment, flags: flags)
        let result = (KafkaSettings.kafka(reader), KafkaSettings.topics(reader))
        try reader.finish(ignoringUnknownKeys: true)
        return result
    }

    private static func split(_ assignment: String) -> (key: String, value: String)? {
        guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else { return nil }
        return (String(assignment[..<equals]), String(assignment[assignment.index(after: equals)...]))
    }
}
