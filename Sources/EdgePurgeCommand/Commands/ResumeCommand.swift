import ArgumentParser

/// `edge-purge resume`: brings this machine back.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Bring this machine back after `edge-purge drain`.",
        discussion: """
            The agent is expected again at once. Its caches are used once everything is
            applied that came meanwhile, two seconds later at the earliest.
            """
    )

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        try await FenceOrder.send("resume", admin)
    }
}
