/// The answer of `GET /v1/agents`: all agents that have spoken or are in the roster, by name.
package struct AgentList: Codable, Sendable {
    /// One agent, as it last described itself.
    package struct Agent: Codable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case agent, instance, region, software, cache, status, fenced, drained, expected, fence, problem, conflicted
            case partitions, lag, counts
            case silenceMs = "silence_ms"
        }

        package let agent: String
        package let instance: String?
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
        /// Two processes use its name.
        package let conflicted: Bool
        package let partitions: [PartitionProgress]
        /// Messages it has not applied, over all partitions; an upper bound.
        package let lag: Int64?
        package let counts: AcknowledgementCounts?

        package init(
            agent: String, instance: String? = nil, region: String? = nil, software: String? = nil,
            cache: String? = nil, status: String, fenced: Bool = false, drained: Bool = false, expected: Bool = true,
            fence: FenceMode? = nil, silenceMs: Int64? = nil, problem: String? = nil, conflicted: Bool = false,
            partitions: [PartitionProgress] = [], lag: Int64? = nil, counts: AcknowledgementCounts? = nil
        ) {
            self.agent = agent
            self.instance = instance
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
        }
    }

    private enum CodingKeys: String, CodingKey {
        case agents
    }

    /// The ``Agent/status`` of an agent that only the roster knows.
    package static let unheard = "unheard"

    package let agents: [Agent]

    package init(agents: [Agent]) {
        self.agents = agents
    }
}
