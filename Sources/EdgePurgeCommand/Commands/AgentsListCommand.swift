import ArgumentParser
import PurgeModel

/// `edge-purge agents list`: every cache machine and how it is.
struct AgentsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Every agent: health, lag, how long it has been silent, what is wrong.",
        discussion: """
            Health: live, starting, catching up, fenced, stopping, drained; and those
            that need somebody: SILENT, PROBLEM, CONFLICT (two agents with one name:
            neither counts until one of them is renamed), never heard (expected, but
            has not spoken yet). A live agent is heard at least once a second.

            TIER stands there where agents have one: its own, after < the one that its
            cache fills from, and how many purges wait for that one.
            """
    )

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let answer = try await control.client().get("/v1/agents")
        if control.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let agents = try answer.decoded(AgentList.self)
        if let problem = agents.problem { Terminal.writeError("No purge is confirmed: \(problem)") }
        if agents.agents.isEmpty {
            Terminal.write("No agent has announced itself yet. Start one with `edge-purge agent --config agent.yaml`.")
            return
        }
        Terminal.write(Self.table(of: agents.byNeed).rendered())
    }

    /// One row for each agent, in the order given.
    static func table(of agents: [AgentList.Agent]) -> TextTable {
        let hasTiers = agents.contains { $0.tier != nil }
        var table = TextTable(
            [.left("AGENT"), .left("REGION")] + (hasTiers ? [.left("TIER")] : []) + [
                .left("HEALTH"), .right("LAG"), .right("SILENT"), .left("FENCE"), .right("OBJECTS"), .right("BYTES"),
                .left("PROBLEM"),
            ])
        for agent in agents {
            table.add(
                [agent.agent, agent.region ?? ""] + (hasTiers ? [agent.tierText] : []) + [
                    agent.health.word, agent.lag.map { "\($0)" } ?? "", silence(of: agent), agent.fenceText,
                    agent.counts.map { "\($0.objectsIndexed)" } ?? "",
                    agent.counts.map { ByteSizeText.approximate(Int(clamping: $0.bytesIndexed)) } ?? "", agent.remark,
                ])
        }
        return table
    }

    /// Below two seconds it says nothing: an agent speaks once a second.
    private static func silence(of agent: AgentList.Agent) -> String {
        guard let silence = agent.silenceMs else { return "" }
        return silence < 2000 ? "-" : DurationText.approximate(milliseconds: silence)
    }
}
