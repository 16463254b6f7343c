import ArgumentParser

/// `edge-purge agents drain AGENT`: takes a machine out of service before work on it.
struct AgentsDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Take a machine out of service: its cache is bypassed, purges are confirmed without it.",
        discussion: """
            The agent sets its fence, so that nginx sends every request to the origin,
            and leaves. `edge-purge agents` shows it as drained when that is done. It
            comes back by `edge-purge agents resume`, or when it is started again.
            """
    )

    @OptionGroup var order: AgentOrderOptions

    func run() async throws {
        try await order.send(
            "POST", "/drain",
            question: "Drain \(order.agent)? Its nginx will send every request to the origin.",
            done: "\(order.agent) was told to drain; `edge-purge agents` shows when it has")
    }
}
