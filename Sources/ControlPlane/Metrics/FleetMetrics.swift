internal import PurgeModel

/// What the collector knows of all agents and purges at one moment, in numbers.
struct FleetMetrics: Sendable {
    /// One agent.
    struct Agent: Sendable {
        var name: String
        var state: String
        var lag: Int64
        var oldestUnapplied: Duration
        /// Nil for one that was never heard.
        var silence: Duration?

        var isMissing: Bool { state == FleetMetrics.missing || state == FleetMetrics.unheard }
        var isConflicted: Bool { state == FleetMetrics.conflicted }
        /// Whether somebody may want to look at it.
        var isRemarkable: Bool { isMissing || isConflicted || lag > 0 || state != AgentStatus.live.rawValue }
    }

    static let missing = "missing"
    static let unheard = "unheard"
    static let drained = "drained"
    static let conflicted = "conflicted"
    /// Every state an agent can be in; each agent is in exactly one.
    static let states = AgentStatus.allCases.map(\.rawValue) + [missing, unheard, drained, conflicted]

    /// By name.
    var agents: [Agent]
    var openPurges: Int
    var oldestOpen: Duration
    var knownPurges: Int

    /// The agents that get series of their own: with more than `limit`, those that somebody may want to look at come first.
    func shown(limit: Int) -> [Agent] {
        guard agents.count > limit else { return agents }
        let sorted = agents.filter(\.isRemarkable) + agents.filter { !$0.isRemarkable }
        return sorted.prefix(max(0, limit)).sorted { $0.name < $1.name }
    }
}

extension CollectorState {
    /// Everything that metrics tell, at once.
    func fleetMetrics(now: CollectorInstant) -> FleetMetrics {
        let lags = Dictionary(
            lagList(now: now).agents.map { ($0.agent, $0) }, uniquingKeysWith: { first, _ in first })
        let fleet = agents.filter(\.isExpected).sorted { $0.name < $1.name }.map { agent in
            FleetMetrics.Agent(
                name: agent.name, state: state(of: agent, now: now), lag: lags[agent.name]?.lag ?? 0,
                oldestUnapplied: .milliseconds(lags[agent.name]?.oldestUnappliedMs ?? 0),
                silence: agent.isUnheard ? nil : max(.zero, now.monotonic - agent.heardAt) + agent.ageWhenHeard)
        }
        let oldest = open.compactMap { purges[$0]?.event.acceptedAt }.min()
        return FleetMetrics(
            agents: fleet, openPurges: open.count,
            oldestOpen: oldest.map { max(.zero, now.wall.duration(since: $0)) } ?? .zero,
            knownPurges: slotByID.count)
    }

    private func state(of agent: AgentRecord, now: CollectorInstant) -> String {
        if agent.isUnheard { return FleetMetrics.unheard }
        if agent.isDrained { return FleetMetrics.drained }
        if agent.tracker.standing == .conflicted { return FleetMetrics.conflicted }
        let told = agent.acknowledgement
        return now.monotonic - agent.heardAt > told.fenceAfter ? FleetMetrics.missing : told.status.rawValue
    }
}
