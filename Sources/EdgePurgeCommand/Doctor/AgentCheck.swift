import PurgeModel

/// What the running agent says is wrong: all that it looks at by itself.
struct AgentCheck: DoctorCheck {
    let client: AdminClient
    let answer: AgentAnswer?

    let name = "agent"

    func look() async -> [DoctorFinding] {
        guard let answer else {
            return [
                .red(
                    client.socket, "no agent answers on its admin socket",
                    mend: "systemctl start edge-purge-agent; journalctl -u edge-purge-agent -n 20")
            ]
        }
        var findings = [Self.finding(answer)]
        if let answer = try? await client.get("/v1/index/stats"), let index = try? answer.decoded(IndexStatistics.self)
        {
            findings += Self.findings(index)
        }
        return findings
    }

    /// What its own word means.
    static func finding(_ answer: AgentAnswer) -> DoctorFinding {
        let journal = "journalctl -u edge-purge-agent -n 50"
        if let problem = answer.problem { return .red(answer.agent, problem, mend: journal) }
        if answer.drained { return .yellow(answer.agent, "it is drained", mend: "edge-purge resume") }
        if answer.fenceReason == "held" {
            return .yellow(answer.agent, "its caches are fenced by hand", mend: "edge-purge unfence")
        }
        if let reason = answer.fenceReason {
            return .yellow(
                answer.agent, "its caches are fenced (\(reason)): every hit goes to the origin", mend: journal)
        }
        return answer.status == "live"
            ? .green(answer.agent, "it is live, and has no problem")
            : .yellow(answer.agent, "it is not live yet: \(answer.status)", mend: journal)
    }

    /// What is in its index that no purge may find.
    static func findings(_ index: IndexStatistics) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        if index.unmatched > 0 {
            findings.append(
                .yellow(
                    "index", "\(index.unmatched) of \(index.objects) objects have no name: no purge by URL finds them",
                    mend: "edge-purge index find --everything --limit 10"))
        }
        if let others = index.otherHosts, others > 0, let example = index.otherHostExample {
            // Zones that nobody has purged for long have such hosts too.
            findings.append(
                .green(
                    "index", "\(others) of \(index.hosts) hosts are in no scope of the last purges, such as \(example)")
            )
        }
        return findings
    }
}
