import Kafka
import PurgeModel

/// The topics with the settings they need.
struct TopicPlan {
    /// Their names.
    var topics: TopicNames
    /// Partitions of the topic of purges.
    var partitions: Int
    /// Copies of each partition.
    var replication: Int
    /// How long purges and dead letters are kept.
    var retention: Duration

    /// What to create.
    var specifications: [TopicSpecification] {
        // With three copies one broker may be away, and a purge that was accepted is still on two.
        let safe = replication >= 3 ? ["min.insync.replicas": "2"] : [:]
        let kept = safe.merging([
            "cleanup.policy": "delete",
            "retention.ms": "\(retention.wholeMilliseconds)",
            "max.message.bytes": "\(TopicCheck.messageBytesMax)",
        ]) { $1 }
        // Compaction is for whoever reads from the start: a collector that starts should find few messages for each
        // agent, so segments are closed and cleaned early. Agents acknowledge, and words about tiers are told, every
        // second.
        let compacted = safe.merging([
            "cleanup.policy": "compact", "segment.ms": "600000", "min.cleanable.dirty.ratio": "0.1",
        ]) { $1 }
        return [
            TopicSpecification(
                name: topics.events,
                partitions: partitions,
                replicationFactor: replication,
                configuration: kept
            ),
            TopicSpecification(
                name: topics.acks,
                partitions: 1,
                replicationFactor: replication,
                configuration: compacted
            ),
            TopicSpecification(
                name: topics.deadLetters,
                partitions: 1,
                replicationFactor: replication,
                configuration: kept
            ),
            TopicSpecification(
                name: topics.tiers,
                partitions: 1,
                replicationFactor: replication,
                configuration: compacted
            ),
        ]
    }
}
