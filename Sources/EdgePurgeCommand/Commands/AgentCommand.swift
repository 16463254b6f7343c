import ArgumentParser
import EdgeAgent
import FoundationEssentials
import Kafka
import Logging

/// `edge-purge agent`: runs the agent of one cache machine.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Run the agent of a cache machine.",
        discussion: """
            Reads purges from Kafka, removes what they name from this machine's
            caches, and acknowledges. Runs in the foreground until SIGTERM or Ctrl-C.

              edge-purge agent --config /etc/edge-purge/agent.yaml
              edge-purge agent --config agent.yaml --set agent.id=edge-7

            Run it as nginx's user, so that it may read and write the files of the
            cache; as root it can also use fanotify. At SIGHUP it reads its file again:
            `caches` and `log.level` may change while it runs.
            """
    )

    @OptionGroup var options: SettingOptions

    func run() async throws {
        let resolved = try AgentSettings.load(
            path: options.path,
            environment: ProcessInfo.processInfo.environment,
            flags: options.flags
        )
        let level = SharedLogLevel(resolved.logLevel)
        let logger = ServiceRunner.logger("edge-purge.agent", level: level)
        for warning in resolved.warnings { logger.warning("\(warning)") }
        var configuration = resolved.configuration
        configuration.kafka.logHandler = ServiceRunner.kafkaLog(logger)
        let agent = try AgentSupervisor(
            configuration: configuration,
            software: "edge-purge \(ProgramVersion.number)",
            logger: logger
        )
        let reloader = AgentReloader(
            agent: agent, options: options, level: level, logger: logger, settings: resolved.settings
        )
        try await ServiceRunner.run([("reloader", reloader), ("agent", agent)], logger: logger)
    }
}
