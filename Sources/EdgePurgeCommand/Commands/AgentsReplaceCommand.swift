import ArgumentParser

/// `edge-purge agents replace AGENT`: says that another machine has taken the place of the one that has the name.
struct AgentsReplaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Say that another machine has taken the place of the one that has a name.",
        discussion: """
            A name belongs to the machine that spoke first under it. Another one that
            uses it, a clone or one that was set up anew, is listed as NAME@MACHINE,
            and purges wait for both. This gives the name to the machine that speaks
            now, and forgets the others. Do it only when their nginx serves nobody any
            more. A machine that has the name by mistake is given another one
            (agent.id), and then retired as NAME@MACHINE.
            """
    )

    @OptionGroup var order: AgentOrderOptions

    func run() async throws {
        try await order.send(
            "POST", "/replace",
            question: "Forget the old machine of \(order.agent)? If its nginx still serves, visitors may see what was "
                + "purged.",
            done: "\(order.agent) is the new machine now")
    }
}
