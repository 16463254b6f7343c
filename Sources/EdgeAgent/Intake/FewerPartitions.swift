/// Partitions are gone that were read.
///
/// Kafka takes none away: the topic was made anew with fewer. A client that has read a partition which went away may
/// never read it again when it comes back, so ``AgentSupervisor`` puts an agent with a new one in this one's place.
struct FewerPartitions: Error, CustomStringConvertible {
    let topic: String
    /// Partitions that are there.
    let count: Int
    /// Partitions that were read.
    let wereRead: Int

    var description: String {
        "topic '\(topic)' has \(count) partitions, and \(wereRead) were read: it was made anew with fewer"
    }
}
