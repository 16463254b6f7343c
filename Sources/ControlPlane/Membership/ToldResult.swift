import PurgeModel

/// What an agent told about one purge, and which topic it was about.
struct ToldResult: Sendable {
    let purge: RecentPurge
    /// The last message that the agent had read of the partition, where it tells: who finds another one there reads
    /// another topic.
    let mark: MessageMark?
    /// Below this offset its words are known to be about the topic that was read here, where it tells marks.
    let verifiedTo: Int64?
    /// Whether the agent had begun the partition anew, so that all it told is about the topic of the mark.
    let isOfOneTopic: Bool
    /// Which run of the agent tells it.
    let instance: String

    init(
        _ purge: RecentPurge, mark: MessageMark?, verifiedTo: Int64?, isOfOneTopic: Bool, instance: String
    ) {
        self.purge = purge
        self.mark = mark
        self.verifiedTo = verifiedTo
        self.isOfOneTopic = isOfOneTopic
        self.instance = instance
    }
}
