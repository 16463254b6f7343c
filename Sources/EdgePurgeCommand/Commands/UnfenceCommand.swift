import ArgumentParser

/// `edge-purge unfence`: puts the caches of this machine back into service.
struct UnfenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unfence",
        abstract: "Put this machine's caches back into service after `edge-purge fence`.",
        discussion: """
            At once, unless fence.mode keeps the fence for a reason of its own.
            """
    )

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        try await FenceOrder.send("unfence", admin)
    }
}
