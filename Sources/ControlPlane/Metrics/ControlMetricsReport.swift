import PrometheusText

/// Writes the metrics of a control plane as they are now.
struct ControlMetricsReport: Sendable {
    let ledger: PurgeLedger
    let requests: RequestCounters
    let acceptance: AcceptanceCounters
    /// Name and version of the program.
    let software: String
    /// Agents that get series of their own.
    let agentsMax: Int
    /// Requests that are held until something happens to a purge, now.
    let heldRequests: @Sendable () -> Int
    /// How well the topics are read, by the name of the topic's role.
    let topics: @Sendable () -> [(role: String, isReady: Bool, lag: Int64)]

    /// The text for a scrape.
    func text() -> String {
        var writer = MetricWriter()
        writer.write(ControlMetrics.info, [([software], 1)])
        let topics = topics()
        writer.write(ControlMetrics.ready, topics.map { ([$0.role], $0.isReady) })
        writer.write(ControlMetrics.behind, topics.map { ([$0.role], $0.lag) })
        writeRequests(&writer)
        let fleet = ledger.read { state, now in state.fleet(now: now) }
        writePurges(fleet, &writer)
        writeAgents(fleet, &writer)
        ProcessMetrics.write(into: &writer)
        return writer.text
    }

    private func writeRequests(_ writer: inout MetricWriter) {
        writer.write(ControlMetrics.requests, requests.requests.values)
        writer.write(ControlMetrics.requestDuration, requests.duration.snapshots)
        writer.write(ControlMetrics.rateLimited, requests.rateLimited.value)
        writer.write(ControlMetrics.refused, requests.refused.values)
        writer.write(ControlMetrics.waiters, heldRequests())
    }

    private func writePurges(_ fleet: FleetSummary, _ writer: inout MetricWriter) {
        writer.write(ControlMetrics.accepted, acceptance.accepted.values)
        writer.write(ControlMetrics.produceFailures, acceptance.failures.values)
        writer.write(ControlMetrics.timeToEffective, ledger.times.effective.snapshot)
        writer.write(ControlMetrics.timeToConfirmed, ledger.times.confirmed.snapshot)
        writer.write(ControlMetrics.openPurges, fleet.openPurges)
        writer.write(ControlMetrics.oldestOpen, fleet.oldestOpen)
        writer.write(ControlMetrics.knownPurges, fleet.knownPurges)
        let holds = FleetSummary.Hold.allCases.map { (labels: [$0.rawValue], value: fleet.holds.contains($0)) }
        writer.write(ControlMetrics.confirmationsHeld, holds)
    }

    private func writeAgents(_ fleet: FleetSummary, _ writer: inout MetricWriter) {
        let counts = Dictionary(grouping: fleet.agents, by: \.state).mapValues(\.count)
        writer.write(ControlMetrics.agents, FleetSummary.states.map { ([$0], counts[$0] ?? 0) })
        let shown = fleet.shown(limit: agentsMax)
        func write(_ metric: Metric, _ value: (FleetSummary.Agent) -> some MetricValue) {
            writer.write(metric, shown.map { ([$0.name], value($0)) })
        }
        write(ControlMetrics.agentLag, \.lag)
        write(ControlMetrics.agentOldest, \.oldestUnapplied)
        let silences = shown.compactMap { agent in agent.silence.map { (labels: [agent.name], value: $0) } }
        writer.write(ControlMetrics.agentSilence, silences)
        write(ControlMetrics.agentMissing, \.isMissing)
        write(ControlMetrics.agentConflicted, \.isConflicted)
        write(ControlMetrics.agentUnmatched, \.unmatched)
        writer.write(ControlMetrics.agentsLeftOut, fleet.agents.count - shown.count)
        writer.write(ControlMetrics.tierMembers, fleet.tiers.map { ([$0.name], $0.members) })
        let sources = fleet.tiers.compactMap { tier in tier.source.map { (name: tier.name, source: $0) } }
        writer.write(ControlMetrics.tierLag, sources.map { ([$0.name], $0.source.lag) })
        writer.write(ControlMetrics.tierProblem, sources.map { ([$0.name], $0.source.hasProblem) })
    }
}
