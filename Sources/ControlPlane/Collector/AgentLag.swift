import PurgeModel

/// How far one agent is behind.
struct AgentLag: Sendable {
    /// Messages it has not applied, over all partitions; an upper bound.
    let total: Int64
    /// How far it is in each partition that is known to it or to us, in their order.
    let partitions: [PartitionProgress]

    /// What we have read of a partition counts too: an agent that is cut off does not know how far the topic has got.
    init(of agent: AgentRecord, _ events: EventsProgress) {
        var total: Int64 = 0
        let told = Dictionary(
            agent.acknowledgement.partitions.filter { !agent.isOfEarlierTopic($0.partition) }.map {
                ($0.partition, $0)
            },
            uniquingKeysWith: { first, _ in first })
        partitions = events.known.union(told.keys).sorted().map { partition in
            var progress =
                told[partition] ?? PartitionProgress(partition: partition, queued: 0, applied: 0, highWatermark: 0)
            progress.highWatermark = max(progress.highWatermark, events.readTo(partition))
            let (sum, overflow) = total.addingReportingOverflow(progress.lag)
            total = overflow ? .max : sum
            return progress
        }
        self.total = total
    }
}
