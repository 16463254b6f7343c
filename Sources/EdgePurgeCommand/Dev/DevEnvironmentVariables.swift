import FoundationEssentials
import Kafka

/// The environment variables of a development environment's children.
enum DevEnvironmentVariables {
    /// Variables of these names would change single keys of the configuration files written for the children, all
    /// alike.
    private static let configurationPrefixes = [
        "AGENT_", "CACHES_", "TOPICS_", "TAGS_", "URLS_", "FILES_", "QUEUE_", "GUARD_", "FENCE_", "INDEX_", "LISTEN_",
        "ZONES_",
        "LIMITS_",
        "HISTORY_", "CONFIRMATION_", "LOG_",
    ]

    /// `environment` without what would change the children's configuration.
    ///
    /// Kafka's variables stay, passwords among them; where the brokers are is in the files already.
    static func forChildren(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            name != "KAFKA_BOOTSTRAP_SERVERS" && !configurationPrefixes.contains { name.hasPrefix($0) }
        }
    }

    /// The cluster as the environment describes it: `KAFKA_PROPERTIES_…` are librdkafka's properties.
    static func kafka(bootstrapServers: String) throws(ConfigurationProblems) -> KafkaConfiguration {
        let reader = try SettingsReader(
            path: nil,
            environment: ProcessInfo.processInfo.environment,
            flags: [("kafka.bootstrap_servers", bootstrapServers)]
        )
        let kafka = KafkaSettings.kafka(reader)
        try reader.finish()
        return kafka
    }
}
