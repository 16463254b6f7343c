import PurgeModel

/// What an agent told about one purge, and which topic it was about.
struct ToldResult: Sendable {
    let purge: RecentPurge
    /// The last message that the agent had read of the partition, where it tells: who finds another one there reads
    /// another topic.
    let mark: MessageMark?
    /// Below this offset its words are known to be about the topic that was read here, where it tells marks.
    let verifiedTo: Int64?

    init(_ purge: RecentPurge, mark: MessageMark?, verifiedTo: Int64?) {
        self.purge = purge
        self.mark = mark
        self.verifiedTo = verifiedTo
    }
}
