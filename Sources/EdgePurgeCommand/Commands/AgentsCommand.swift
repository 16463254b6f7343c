import ArgumentParser

/// `edge-purge agents`: every cache machine and how it is.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "Every agent: status, lag, how long it has been silent, what is wrong.",
        discussion: """
            Status: starting, live, catching_up, fenced, draining. A live agent is
            heard at least once a second. An agent in CONFLICT shares its name with
            another one: neither counts until one of them is renamed.
            """
    )

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let answer = try await control.client().get("/v1/agents")
        if control.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let agents = try answer.decoded(AgentsList.self).agents
        if agents.isEmpty {
            Terminal.write("No agent has announced itself yet. Start one with `edge-purge agent --config agent.yaml`.")
            return
        }
        var table = TextTable([
            .left("AGENT"), .left("REGION"), .left("CACHE"), .left("STATUS"), .right("LAG"), .right("SILENT"),
            .left("FENCE"),
            .left("PROBLEM"),
        ])
        for agent in agents.sorted(by: { $0.agent < $1.agent }) {
            let isConflicted = agent.conflicted ?? false
            table.add([
                agent.agent, agent.region ?? "", agent.cache ?? "", isConflicted ? "CONFLICT" : agent.status,
                agent.lag.map { "\($0)" } ?? "",
                agent.silenceMs.map { DurationText.approximate(milliseconds: $0) } ?? "",
                agent.fence ?? "", agent.problem ?? (isConflicted ? "two agents with this name" : ""),
            ])
        }
        Terminal.write(table.rendered())
    }
}
