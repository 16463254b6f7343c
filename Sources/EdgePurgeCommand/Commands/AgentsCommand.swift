import ArgumentParser

/// `edge-purge agents`: every cache machine, and taking one out and back in.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "Every agent and how it is; take one out, back in, or off the list.",
        discussion: """
              edge-purge agents                  all of them
              edge-purge agents drain cache-7    before work on a machine
              edge-purge agents resume cache-7   after it
              edge-purge agents retire cache-7   a machine that is gone for good
              edge-purge agents replace cache-7  another machine has taken its place

            The four ask before they do it; --yes answers for scripts.
            """,
        subcommands: [
            AgentsListCommand.self, AgentsDrainCommand.self, AgentsResumeCommand.self, AgentsRetireCommand.self,
            AgentsReplaceCommand.self,
        ],
        defaultSubcommand: AgentsListCommand.self
    )
}
