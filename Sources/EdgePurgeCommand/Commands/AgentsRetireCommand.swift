import ArgumentParser

/// `edge-purge agents retire AGENT`: forgets a machine that is gone for good.
struct AgentsRetireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Forget a machine that is gone for good: purges are confirmed without it.",
        discussion: """
            An agent that is silent is never forgotten by itself. Retire one only when
            its nginx serves nobody any more: what it would serve is no longer part of
            what is confirmed. An agent that speaks again is back at once.
            """
    )

    @OptionGroup var order: AgentOrderOptions

    func run() async throws {
        try await order.send(
            "DELETE", "",
            question: "Retire \(order.agent)? If its nginx still serves, visitors may see what was purged.",
            done: "\(order.agent) is retired")
    }
}
