import ArgumentParser

/// `edge-purge drain`: takes this machine out of the set.
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Take this machine out for planned work, until `edge-purge resume`.",
        discussion: """
            Sets the fence and leaves the set: purges are confirmed without this agent.
            When it is started again, or resumed, it catches up before its caches are
            used.
            """
    )

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        try await FenceOrder.send("drain", admin)
    }
}
