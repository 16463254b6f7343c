import ArgumentParser

/// `edge-purge agents resume AGENT`: puts a drained machine back into service.
struct AgentsResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Put a drained machine back into service, once it has caught up.",
        discussion: """
            The agent applies every purge that it has missed, and only then lets
            nginx use its cache again.
            """
    )

    @OptionGroup var order: AgentOrderOptions

    func run() async throws {
        try await order.send(
            "POST", "/resume", question: "Resume \(order.agent)?",
            done: "\(order.agent) was told to come back; `edge-purge agents` shows when it is live")
    }
}
