import PurgeModel

/// The partitions in which what one agent tells counts as nothing, because it speaks, or may speak, of an earlier
/// topic.
///
/// A topic that was made anew has offsets from 0 on, and the last words of agents are still about the one before.
struct EarlierWords: Sendable {
    /// What the agent told of one partition.
    private struct Word {
        /// Which run of the agent it was when that was found.
        let foundIn: String
        /// The run that spoke last.
        var instance: String
        /// The next offset it would have fetched, as that run told first.
        var queued: Int64
        /// Whether the topic is known to have been made anew; otherwise the agent may only be ahead of what we have
        /// read.
        let isProven: Bool
    }

    private var words: [Int32: Word] = [:]

    /// Whether the agent is believed everywhere.
    var isEmpty: Bool { words.isEmpty }
    /// Partitions in which it is not believed.
    var count: Int { words.count }

    /// Whether what it tells of this partition counts as nothing.
    func contains(_ partition: Int32) -> Bool { words[partition] != nil }

    /// Whether it certainly speaks of an earlier topic here.
    func isProven(_ partition: Int32) -> Bool { words[partition]?.isProven ?? false }

    /// Takes in what a new word of the agent means for the partitions in which it was not believed; for its first word,
    /// in all.
    ///
    /// - Parameter marked: partitions of which it tells marks, which say more.
    mutating func weigh(
        _ acknowledgement: Acknowledgement, isNew: Bool, except marked: MarkedWords, events: inout EventsProgress
    ) {
        guard isNew || !isEmpty else { return }
        for told in acknowledgement.partitions {
            guard !marked.contains(told.partition) else {
                words[told.partition] = nil
                continue
            }
            if let word = words[told.partition] {
                if Self.isOver(word, told: told, acknowledgement: acknowledgement, events: events) {
                    words[told.partition] = nil
                } else if word.isProven, word.instance != acknowledgement.instance {
                    words[told.partition]?.instance = acknowledgement.instance
                    words[told.partition]?.queued = told.queued
                }
            } else if isNew, events.hasStartedOver(told.partition) {
                // One that was retired compares before long; one that is new may just be ahead of what we have read.
                doubt(acknowledgement, about: told.partition, isProven: false, events: &events)
            }
        }
    }

    /// Believes the agent nothing about a partition if it has told more than there is.
    mutating func doubt(
        _ acknowledgement: Acknowledgement, about partition: Int32, isProven: Bool, events: inout EventsProgress
    ) {
        let progress = acknowledgement.partitions.filter { $0.partition == partition }
        let told = progress.map(\.queued).max() ?? 0
        guard told > events.knownEnd(of: partition) else { return }
        words[partition] = Word(
            foundIn: acknowledgement.instance, instance: acknowledgement.instance, queued: told, isProven: isProven)
        if isProven {
            for told in progress { events.earlierTopicHad(max(told.queued, told.highWatermark), in: partition) }
        } else {
            events.doubt(from: told, in: partition)
        }
    }

    /// More of a partition has been read: believes the agent again if that is all it has told of.
    /// - Returns: whether it is believed again.
    mutating func readOn(_ partition: Int32, events: inout EventsProgress) -> Bool {
        guard let word = words[partition], !word.isProven else { return false }
        guard word.queued <= events.readTo(partition) else {
            events.doubt(from: word.queued, in: partition)
            return false
        }
        words[partition] = nil
        return true
    }

    /// Whether an agent that was not believed speaks of the present topic now.
    private static func isOver(
        _ word: Word, told: PartitionProgress, acknowledgement: Acknowledgement, events: EventsProgress
    ) -> Bool {
        // The earlier topic never had that much.
        if events.isBeyondEarlierTopic(told.queued, in: told.partition) { return true }
        // What it tells has to be there.
        guard told.queued <= events.knownEnd(of: told.partition) else { return false }
        if !word.isProven || told.queued == 0 { return true }
        // A run that tells less than it did has begun again; one that begins with less may have been put back by a
        // power loss. But a later run is live only after it has compared the last message it had read with the one that
        // is there.
        if acknowledgement.instance == word.instance, told.queued < word.queued { return true }
        return acknowledgement.instance != word.foundIn && acknowledgement.status == .live
    }
}
