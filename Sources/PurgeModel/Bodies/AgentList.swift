/// The answer of `GET /v1/agents`: all agents that have spoken or are in the roster, by name.
package struct AgentList: Codable, Sendable {
    /// One agent, as it last described itself.
    package struct Agent: Codable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case agent, instance, machine, region, software, cache, status, fenced, drained, expected, fence, problem
            case conflicted, partitions, lag, counts, tier, waiting
            case tierAbove = "tier_above"
            case otherMachineOf = "other_machine_of"
            case silenceMs = "silence_ms"
        }

        package let agent: String
        package let instance: String?
        /// Who the machine is; absent where it does not say so.
        package let machine: String?
        /// The name that this machine uses though it belongs to another one; absent for all others.
        ///
        /// Then `agent` is that name with `@` and `machine` after it.
        package let otherMachineOf: String?
        package let region: String?
        package let software: String?
        package let cache: String?
        /// Its own word, or `unheard`: the roster names it and it has never spoken.
        package let status: String
        /// Its caches bypass their hits, as it said last.
        package let fenced: Bool
        /// It has left the set on purpose, until it says otherwise.
        package let drained: Bool
        /// Purges wait for it, or it is known why they need not.
        package let expected: Bool
        package let fence: FenceMode?
        /// Since its last acknowledgement.
        package let silenceMs: Int64?
        package let problem: String?
        /// Two processes use its name, or it uses the name of another machine.
        package let conflicted: Bool
        package let partitions: [PartitionProgress]
        /// Messages it has not applied, over all partitions; an upper bound.
        package let lag: Int64?
        package let counts: AcknowledgementCounts?
        /// Where its cache stands among caches that fill from each other; absent where none do.
        package let tier: String?
        /// The tier that its cache fills from; absent for the origin.
        package let tierAbove: String?
        /// Purges that are applied on it and wait for the tier above; absent where it has none.
        package let waiting: Int?

        package init(
            agent: String, instance: String? = nil, machine: String? = nil, otherMachineOf: String? = nil,
            region: String? = nil, software: String? = nil,
            cache: String? = nil, status: String, fenced: Bool = false, drained: Bool = false, expected: Bool = true,
            fence: FenceMode? = nil, silenceMs: Int64? = nil, problem: String? = nil, conflicted: Bool = false,
            partitions: [PartitionProgress] = [], lag: Int64? = nil, counts: AcknowledgementCounts? = nil,
            tier: AgentTier? = nil
        ) {
            self.agent = agent
            self.instance = instance
            self.machine = machine
            self.otherMachineOf = otherMachineOf
            self.region = region
            self.software = software
            self.cache = cache
            self.status = status
            self.fenced = fenced
            self.drained = drained
            self.expected = expected
            self.fence = fence
            self.silenceMs = silenceMs
            self.problem = problem
            self.conflicted = conflicted
            self.partitions = partitions
            self.lag = lag
            self.counts = counts
            self.tier = tier?.name
            tierAbove = tier?.above
            waiting = tier?.above.map { _ in tier?.waiting ?? 0 }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case agents, problem
    }

    /// The ``Agent/status`` of an agent that only the roster knows.
    package static let unheard = "unheard"

    package let agents: [Agent]
    /// Why no purge is confirmed now, whatever the agents say; absent when nothing stands in the way.
    package let problem: String?

    package init(agents: [Agent], problem: String? = nil) {
        self.agents = agents
        self.problem = problem
    }
}
