import ArgumentParser

/// `edge-purge dead-letters …`.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Show messages that were no purges, and produce them again.",
        subcommands: [DeadLettersListCommand.self, DeadLettersReplayCommand.self]
    )
}
