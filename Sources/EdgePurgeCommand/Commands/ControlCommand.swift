import ArgumentParser
import ControlPlane
import FoundationEssentials
import Kafka
import LinuxFiles
import Logging
import Threads

/// `edge-purge control`: runs the control plane.
struct ControlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control",
        abstract: "Run the control plane: the HTTP API, and the collector that knows when a purge is complete.",
        discussion: """
            Runs in the foreground until SIGTERM or Ctrl-C. Several may run at once;
            each knows everything.

              edge-purge control --config /etc/edge-purge/control.yaml
              edge-purge control --config control.yaml --set listen.port=7482
            """
    )

    @OptionGroup var options: SettingOptions

    func run() async throws {
        let resolved = try ControlSettings.load(
            path: options.path,
            environment: ProcessInfo.processInfo.environment,
            flags: options.flags
        )
        let logger = ServiceRunner.logger("edge-purge.control", level: resolved.logLevel)
        var configuration = resolved.configuration
        configuration.software = "edge-purge \(ProgramVersion.number)"
        configuration.kafka.logHandler = ServiceRunner.kafkaLog(logger)
        let control = try await DedicatedThread.run(name: "open state") { [configuration] in
            try ControlPlane(configuration: configuration, logger: logger)
        }
        try await ServiceRunner.run([("control", control)], logger: logger)
    }
}
