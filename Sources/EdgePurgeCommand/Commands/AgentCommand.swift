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
            cache; as root it can also use fanotify.
            """
    )

    @OptionGroup var options: SettingOptions

    func run() async throws {
        let resolved = try AgentSettings.load(
            path: options.path,
            environment: ProcessInfo.processInfo.environment,
            flags: options.flags
        )
        let logger = ServiceRunner.logger("edge-purge.agent", level: resolved.logLevel)
        var configuration = resolved.configuration
        configuration.kafka.logHandler = ServiceRunner.kafkaLog(logger)
        let agent = try AgentSupervisor(
            configuration: configuration,
            software: "edge-purge \(ProgramVersion.text)",
            logger: logger
        )
        try await ServiceRunner.run([("agent", agent)], logger: logger)
    }
}
