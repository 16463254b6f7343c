import ArgumentParser

/// `edge-purge topics …`.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Create the Kafka topics.",
        subcommands: [TopicsCreateCommand.self]
    )
}
