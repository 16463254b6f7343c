import Kafka
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs services until they are told to stop by a signal.
enum ServiceRunner {
    /// Runs `services` in dependency order (the last one stops first) until SIGTERM or SIGINT.
    ///
    /// Each has a name, because ServiceLifecycle logs a nameless service with all it holds, passwords among it.
    static func run(_ services: [(name: String, service: any Service)], logger: Logger) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0.service, serviceName: $0.name) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }

    /// The program's logger: text on standard error.
    static func logger(_ label: String, level: Logger.Level) -> Logger {
        logger(label, level: SharedLogLevel(level))
    }

    /// The same, at a level that may change while the program runs.
    static func logger(_ label: String, level: SharedLogLevel) -> Logger {
        LoggingSystem.bootstrap { level.handler($0) }
        return Logger(label: label)
    }

    /// Passes librdkafka's own log lines on to `logger`.
    static func kafkaLog(_ logger: Logger) -> KafkaConfiguration.LogHandler {
        let log = KafkaLog(logger)
        return { level, facility, text in log.log(syslog: level, facility: facility, text: text) }
    }
}
