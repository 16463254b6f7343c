import ArgumentParser

/// `edge-purge setup …`.
struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Write the configuration of a machine: proposes, and writes when told to.",
        subcommands: [SetupAgentCommand.self],
        defaultSubcommand: SetupAgentCommand.self
    )
}
