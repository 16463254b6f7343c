import ArgumentParser

/// `edge-purge setup …`.
struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Write the configuration of a machine: proposes, and writes when told to.",
        discussion: """
              edge-purge setup --bootstrap kafka1:9092                  # a machine with nginx
              edge-purge setup control --bootstrap kafka1:9092 --zone shop.example

            Without a name it is `agent`; edge-purge help setup agent tells the rest.
            """,
        subcommands: [SetupAgentCommand.self, SetupControlCommand.self],
        defaultSubcommand: SetupAgentCommand.self
    )
}
