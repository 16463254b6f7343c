import ArgumentParser

/// `edge-purge nginx …`.
struct NginxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nginx",
        abstract: "Look into the configuration of this machine's nginx.",
        subcommands: [NginxCheckCommand.self]
    )
}
