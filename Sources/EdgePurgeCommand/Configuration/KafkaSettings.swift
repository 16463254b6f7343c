import Kafka
import PurgeModel

/// The keys `kafka.…` and `topics.…`, which agent and control plane have in common.
enum KafkaSettings {
    /// Reads the cluster.
    static func kafka(_ settings: SettingsReader) -> KafkaConfiguration {
        let bootstrapServers = settings.requiredText(
            "kafka.bootstrap_servers",
            meaning: "the Kafka brokers to begin with",
            example: "kafka1:9092,kafka2:9092"
        )
        let clientID = settings.text("kafka.client_id", default: "edge-purge")
        let properties = settings.map("kafka.properties", isSecret: isSecret)
        let problems = KafkaConfiguration.problems(of: properties)
        for name in properties.keys.sorted() {
            if let key = ownKeys[name] {
                settings.refuse("is set by \(key); leave it out here", at: "kafka.properties.\(name)")
            } else if KafkaConfiguration.reservedProperties.contains(name) {
                let why = "is set by the program, purges could be lost otherwise; leave it out"
                settings.refuse(why, at: "kafka.properties.\(name)")
            } else if let problem = problems[name] {
                settings.refuse("cannot be used: \(problem)", at: "kafka.properties.\(name)")
            }
        }
        return KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: clientID, properties: properties)
    }

    /// Reads the names of the topics.
    static func topics(_ settings: SettingsReader) -> TopicNames {
        var topics = TopicNames()
        topics.events = topic("topics.events", default: topics.events, settings)
        topics.acks = topic("topics.acks", default: topics.acks, settings)
        topics.deadLetters = topic("topics.dead_letters", default: topics.deadLetters, settings)
        topics.tiers = topic("topics.tiers", default: topics.tiers, settings)
        let names = topics.all.map(\.name)
        if Set(names).count < names.count {
            let given = names.map { "\"\($0)\"" }.joined(separator: ", ")
            settings.refuse(
                "topics.events, topics.acks, topics.dead_letters and topics.tiers have to be four different topics, "
                    + "since each has messages of its own form; they are \(given)")
        }
        return topics
    }

    /// Whether the value of a librdkafka property must not be shown, such as `sasl.password` and `ssl.key.pem`.
    static func isSecret(_ property: String) -> Bool {
        let name = property.lowercased()
        return ["password", "secret", "ssl.key.pem", "oauthbearer.config", "token"].contains { name.contains($0) }
    }

    /// Properties that have a key of their own.
    private static let ownKeys: [String: String] = [
        "bootstrap.servers": "kafka.bootstrap_servers",
        "metadata.broker.list": "kafka.bootstrap_servers",
        "client.id": "kafka.client_id",
    ]

    private static let insteadOfSeveral = """
        All agents and control planes share one topic of each kind: let every producer send to it, or copy the other \
        topics into it
        """

    /// Reads the name of one topic; several, as a list or with commas, are refused with what to do instead.
    private static func topic(_ key: String, default builtIn: String, _ settings: SettingsReader) -> String {
        if settings.isList(key) {
            _ = settings.list(key, default: [])
            settings.refuse("has to be one topic, not a list. \(insteadOfSeveral)", at: key)
            return builtIn
        }
        let name = settings.text(key, default: builtIn)
        if name.contains(",") {
            let given = TextTable.printable(name)
            settings.refuse("is \"\(given)\", and has to be one topic. \(insteadOfSeveral)", at: key)
        } else if !isTopicName(name) {
            settings.refuse(key, value: name, allowed: "1 to 249 of A-Z a-z 0-9 . _ - (Kafka's rule for topics)")
        }
        return name
    }

    /// Kafka's rule: 1 to 249 of `A-Z a-z 0-9 . _ -`, not `.` or `..`.
    static func isTopicName(_ name: String) -> Bool {
        NameRule.isPlain(name, lengthMax: 249) && name != "." && name != ".."
    }
}
