/// The answer of `GET /v1/lag`: how far each agent is behind, by name.
package struct LagList: Codable, Sendable {
    /// How far one agent is behind in one partition.
    package struct Partition: Codable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case partition, applied, lag
            case highWatermark = "high_watermark"
        }

        package let partition: Int32
        /// The lowest offset it has not applied.
        package let applied: Int64
        /// The end of the partition.
        package let highWatermark: Int64
        package let lag: Int64

        /// What an agent tells of a partition.
        package init(_ progress: PartitionProgress) {
            partition = progress.partition
            applied = progress.applied
            highWatermark = progress.highWatermark
            lag = progress.lag
        }
    }

    /// How far one agent is behind.
    package struct Agent: Codable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case agent, lag, partitions
            case oldestUnappliedMs = "oldest_unapplied_ms"
        }

        package let agent: String
        /// Messages it has not applied, over all partitions; an upper bound.
        package let lag: Int64
        /// Age of the oldest purge it has not applied; 0 when there is none.
        package let oldestUnappliedMs: Int64
        package let partitions: [Partition]

        package init(agent: String, lag: Int64, oldestUnappliedMs: Int64, partitions: [Partition]) {
            self.agent = agent
            self.lag = lag
            self.oldestUnappliedMs = oldestUnappliedMs
            self.partitions = partitions
        }
    }

    private enum CodingKeys: String, CodingKey {
        case agents
    }

    package let agents: [Agent]

    package init(agents: [Agent]) {
        self.agents = agents
    }
}
