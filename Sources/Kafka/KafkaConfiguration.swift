/// How to reach a Kafka cluster.
package struct KafkaConfiguration: Sendable {
    /// Takes librdkafka's statistics, a JSON document, on a thread of the client.
    ///
    /// It must not call the client.
    package typealias StatisticsHandler = @Sendable (String) -> Void

    /// Takes a log line of librdkafka: syslog level (0 emergency to 7 debug), facility, text.
    ///
    /// Called on librdkafka's own threads: it must be quick and must not call the client.
    package typealias LogHandler = @Sendable (_ level: Int, _ facility: String, _ text: String) -> Void

    /// `host:port` pairs separated by commas.
    ///
    /// A client that was never told a reachable one retries for ever.
    package var bootstrapServers: String

    /// What the client calls itself in broker logs and quotas.
    package var clientID: String

    /// Any librdkafka property (TLS, SASL, `client.rack`, …); these win over the defaults of this module.
    ///
    /// The exceptions are `reservedProperties`: giving another value for one of them is an error, not ignored.
    package var properties: [String: String]

    /// Where librdkafka's statistics go and how often; nil: none.
    package var statistics: (interval: Duration, handler: StatisticsHandler)?

    /// Where librdkafka's log lines go; nil: nowhere.
    ///
    /// They never go to standard error.
    package var logHandler: LogHandler?

    /// Creates a configuration; only the servers have no default.
    package init(
        bootstrapServers: String,
        clientID: String = "edge-purge",
        properties: [String: String] = [:],
        statistics: (interval: Duration, handler: StatisticsHandler)? = nil,
        logHandler: LogHandler? = nil
    ) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.properties = properties
        self.statistics = statistics
        self.logHandler = logHandler
    }

    /// What is wrong with single properties, by name: unknown ones, and values that cannot be.
    ///
    /// Nothing is connected, and no file is read. What only their combination shows is an error of the client's
    /// initialiser.
    package static func problems(of properties: [String: String]) -> [String: String] {
        NativeConfiguration.problems(of: properties)
    }

    /// Properties safety depends on.
    ///
    /// Giving one another value than `ClientRole` does is an error.
    ///
    /// With another value messages could be skipped, marked as done before they are, or written twice.
    package static let reservedProperties: Set<String> = [
        "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof",
        "enable.idempotence", "group.id",
    ]
}
