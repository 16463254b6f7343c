import PurgeModel

/// What agents told about purges of which it is not known yet which ones they are.
struct UnplacedResults: Sendable {
    /// Those of which the message that came with them was not read here.
    private var early = EarlyResults()
    /// Those about another topic than the one that is read here: the next one, until it is noticed here that the topic
    /// was made anew.
    private var ofOtherTopics = EarlyResults()

    /// Keeps a result until its message has been read.
    mutating func add(early entry: EarlyResults.Entry) { early.add(entry) }

    /// Keeps a result until the partition is begun anew.
    mutating func add(ofOtherTopic entry: EarlyResults.Entry) { ofOtherTopics.add(entry) }

    /// Forgets what an agent told about partitions that it has begun anew since.
    mutating func forget(_ partitions: [Int32], of agent: Int) {
        for partition in partitions {
            early.forget(partition, of: agent)
            ofOtherTopics.forget(partition, of: agent)
        }
    }

    /// The topic of a partition was made anew.
    mutating func startOver(_ partition: Int32) {
        early.startOver(partition)
        for entry in ofOtherTopics.take(partition, readTo: .max) { early.add(entry) }
    }

    /// Hands over, and forgets, what is due when a partition has been read up to an offset.
    mutating func take(_ partition: Int32, readTo: Int64) -> [EarlyResults.Entry] {
        early.take(partition, readTo: readTo)
    }
}
