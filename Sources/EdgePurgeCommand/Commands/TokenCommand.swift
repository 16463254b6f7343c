import ArgumentParser

/// `edge-purge token …`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Say who may use the control plane: make, list and revoke tokens.",
        discussion: """
            Run it on the machine of the control plane. A change is in force within a
            second; nothing has to be restarted.
            """,
        subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self]
    )
}
