import PurgeModel

/// Whether a control plane answers, knows what it needs, and hears all agents.
struct ControlServerCheck: DoctorCheck {
    let client: ControlClient

    let name = "control plane"

    func look() async -> [DoctorFinding] {
        do {
            let ready = try await client.call("GET", "/readyz", body: nil, timeout: .seconds(10))
            guard ready.isSuccess else {
                return [
                    .red(
                        client.address, client.refusal(ready, of: "/readyz").firstLine,
                        mend: "journalctl -u edge-purge-control -n 50")
                ]
            }
        } catch {
            return [
                .red(client.address, error.firstLine, mend: "systemctl start edge-purge-control, or give --control URL")
            ]
        }
        do {
            let answer = try await client.get("/v1/agents")
            return findings(try answer.decoded(AgentList.self))
        } catch {
            return [
                .yellow(
                    client.address, "it answers, and does not tell of its agents: \(error.firstLine)",
                    mend: "give a token that may read, with --token-file or \(ControlClient.tokenVariable)")
            ]
        }
    }

    /// What comes of the list.
    func findings(_ list: AgentList) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        if let problem = list.problem { findings.append(.red(client.address, problem, mend: "edge-purge agents")) }
        for agent in list.byNeed where agent.health.isBad {
            let remark = agent.remark.isEmpty ? "" : ": \(agent.remark)"
            let mend =
                switch agent.health {
                case .conflict: "edge-purge agents   # two agents with one name: give one another agent.id"
                case .unheard, .silent:
                    "systemctl status edge-purge-agent   # there, or edge-purge agents retire \(agent.agent)"
                default: "edge-purge doctor   # on that machine"
                }
            findings.append(.red(agent.agent, "\(agent.health.word)\(remark)", mend: mend))
        }
        let passing = list.agents.filter(\.health.isPassing).map(\.agent)
        if !passing.isEmpty {
            findings.append(
                .yellow(
                    client.address, "on their way: \(passing.sorted().prefix(10).joined(separator: ", "))",
                    mend: "edge-purge watch"))
        }
        return findings.isEmpty
            ? [.green(client.address, "it answers, and hears \(list.agents.count) agents")] : findings
    }
}
