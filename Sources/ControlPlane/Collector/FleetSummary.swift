import PurgeModel

/// What the collector knows of all agents and purges at one moment, in numbers.
struct FleetSummary: Sendable {
    /// One agent.
    struct Agent: Sendable {
        let name: String
        /// One of ``FleetSummary/states``.
        let state: String
        let lag: Int64
        let oldestUnapplied: Duration
        /// Files in its caches that no purge by URL, host or prefix can find, as it said last.
        let unmatched: Int64
        /// Nil for one that was never heard.
        let silence: Duration?

        var isMissing: Bool { state == FleetSummary.missing || state == FleetSummary.unheard }
        var isConflicted: Bool { state == FleetSummary.conflicted }
        /// Whether somebody may want to look at it.
        var isRemarkable: Bool {
            isMissing || isConflicted || lag > 0 || unmatched > 0 || state != AgentStatus.live.rawValue
        }
    }

    /// One tier that an agent has, or that others fill from.
    struct Tier: Sendable {
        let name: String
        /// Agents in it.
        let members: Int
        /// Messages that it still holds up in the tiers below, and whether nothing waits for it though something
        /// should; nil for a tier that no other fills from.
        let source: (lag: Int64, hasProblem: Bool)?
    }

    static let missing = "missing"
    static let unheard = "unheard"
    static let drained = "drained"
    static let conflicted = "conflicted"
    /// Every state an agent can be in; each agent is in exactly one.
    static let states = AgentStatus.allCases.map(\.rawValue) + [missing, unheard, drained, conflicted]

    /// Why purges are not confirmed though their agents may be done: one of ``holds``.
    enum Hold: String, Sendable, CaseIterable {
        /// Nothing is confirmed: a topic is not as confirmations need it.
        case topic
        /// An agent tells of another topic than the one that is there, so nothing that it tells of it counts.
        case conflict
        /// An agent is known from before only: `purge.acks` has no word of it.
        case remembered
        /// What there is to tell of tiers cannot be written, so agents wait for the tier above.
        case tiers
    }

    /// What keeps purges from being confirmed, besides agents that have not applied them.
    var holds: Set<Hold> = []
    /// By name.
    let agents: [Agent]
    let openPurges: Int
    let oldestOpen: Duration
    let knownPurges: Int
    /// By name.
    var tiers: [Tier] = []

    /// The agents that get series of their own: with more than `limit`, those that somebody may want to look at come
    /// first.
    func shown(limit: Int) -> [Agent] {
        guard agents.count > limit else { return agents }
        let sorted = agents.filter(\.isRemarkable) + agents.filter { !$0.isRemarkable }
        return sorted.prefix(max(0, limit)).sorted { $0.name < $1.name }
    }
}

extension FleetSummary {
    /// Everything that metrics tell, at once.
    /// - Parameter isHeld: whether nothing is confirmed now.
    init(
        _ members: Members, _ events: EventsProgress, _ purges: PurgeTable, _ tiers: TierTable = TierTable(),
        isHeld: Bool = false, now: CollectorInstant
    ) {
        var holds: Set<Hold> = isHeld ? [.topic] : []
        if tiers.trouble != nil { holds.insert(.tiers) }
        self.tiers = tiers.layout.names.map { name in
            let isSource = tiers.layout.sources.contains(name)
            return Tier(
                name: name, members: tiers.layout.members(of: name).count,
                source: isSource ? (tiers.lag(of: name, events), tiers.layout.problems[name] != nil) : nil)
        }
        for agent in members.all where agent.isMember {
            if agent.topicConflict != nil { holds.insert(.conflict) }
            if agent.isRemembered { holds.insert(.remembered) }
        }
        self.holds = holds
        agents = members.expected.map { agent in
            Agent(
                name: agent.name, state: Self.state(of: agent, now: now),
                lag: agent.isMember ? AgentLag(of: agent, events).total : 0,
                oldestUnapplied: agent.isMember
                    ? .milliseconds(purges.oldestUnapplied(by: agent, now: now).wholeMilliseconds) : .zero,
                unmatched: agent.isMember ? agent.acknowledgement.counts.unmatched : 0,
                silence: agent.isUnheard ? nil : agent.shownSilence(at: now))
        }
        openPurges = purges.open.count
        let oldest = purges.openRecords.map(\.event.acceptedAt).min()
        oldestOpen = oldest.map { max(.zero, now.wall.duration(since: $0)) } ?? .zero
        knownPurges = purges.count
    }

    private static func state(of agent: AgentRecord, now: CollectorInstant) -> String {
        if agent.isUnheard { return unheard }
        if agent.isDrained { return drained }
        if agent.isConflicted || agent.otherMachineOf != nil || agent.topicConflict != nil { return conflicted }
        let told = agent.acknowledgement
        return now.monotonic - agent.heardAt > told.fenceAfter ? missing : told.status.rawValue
    }
}
