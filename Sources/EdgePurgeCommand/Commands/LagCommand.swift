import ArgumentParser
import PurgeModel

/// `edge-purge lag`: how far behind each agent is.
struct LagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag",
        abstract: "How many purges each agent still has to apply, and how old the oldest is.",
        discussion: """
              edge-purge lag                 one line for each agent
              edge-purge lag --partitions    one line for each of its partitions

            The same numbers are committed to Kafka as consumer group
            edge-purge.AGENT, for the usual lag tools.
            """
    )

    @Flag(name: .customLong("partitions"), help: "Show every partition.")
    var wantsPartitions = false

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let answer = try await control.client().get("/v1/lag")
        if control.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let agents = try answer.decoded(LagList.self).agents.sorted { $0.agent < $1.agent }
        if agents.isEmpty {
            Terminal.write("No agent has announced itself yet.")
            return
        }
        Terminal.write(wantsPartitions ? Self.partitions(of: agents) : Self.summary(of: agents))
    }

    private static func summary(of agents: [LagList.Agent]) -> String {
        var table = TextTable([.left("AGENT"), .right("LAG"), .right("OLDEST WAITS")])
        for agent in agents {
            let waits = agent.lag == 0 ? "-" : DurationText.approximate(milliseconds: agent.oldestUnappliedMs)
            table.add([agent.agent, "\(agent.lag)", waits])
        }
        return table.rendered()
    }

    private static func partitions(of agents: [LagList.Agent]) -> String {
        var table = TextTable([.left("AGENT"), .right("PARTITION"), .right("APPLIED"), .right("END"), .right("LAG")])
        for agent in agents {
            for partition in agent.partitions {
                table.add([
                    agent.agent, "\(partition.partition)", "\(partition.applied)", "\(partition.highWatermark)",
                    "\(partition.lag)",
                ])
            }
        }
        return table.rendered()
    }
}
