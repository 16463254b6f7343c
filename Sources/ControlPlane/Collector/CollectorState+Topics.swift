internal import PurgeModel

// A topic that was made anew: its offsets begin again at 0, and the last words of agents may still speak of the earlier one.
extension CollectorState {
    /// A partition of `purge.events` ends below what is known of it: its topic was made anew.
    ///
    /// An agent that has told more than there is speaks of the earlier topic, and is taken to have applied nothing of this one.
    ///
    /// - Parameter end: where the partition ended when that was seen, or later.
    mutating func startedOver(partition: Int32, end: Int64) {
        partitions[partition, default: PartitionHistory()].startOver(at: end)
        early.drop(partition)
        // Until the acknowledgements are read to their end nothing is concluded from them; then all are looked at.
        guard knowsMembers else { return }
        for agent in agents.indices where agents[agent].isMember {
            let before = agents[agent].counted
            doubt(agent, about: partition, isProven: true)
            // This can only take back what counted: nothing becomes confirmed by it.
            _ = count(agent, from: before, to: agents[agent].counted)
        }
        partitions[partition]?.coveredTo = agents.reduce(0) { max($0, $1.counted[partition]?.end ?? 0) }
    }

    /// Messages of a partition end here for now: what lies before it was read, or is no message.
    mutating func reachedEnd(of partition: Int32, at offset: Int64, now: CollectorInstant) {
        read(to: offset, of: partition, now: now)
    }

    /// Takes note of how far a partition has been read.
    mutating func read(to readTo: Int64, of partition: Int32, now: CollectorInstant) {
        guard readTo > partitions[partition]?.readTo ?? 0 else { return }
        partitions[partition, default: PartitionHistory()].readTo = readTo
        guard let first = partitions[partition]?.firstDoubted, first <= readTo else { return }
        partitions[partition]?.firstDoubted = nil
        var done: [Int] = []
        for agent in agents.indices {
            guard let word = agents[agent].earlier[partition], !word.isProven else { continue }
            if word.queued <= readTo {
                let before = agents[agent].counted
                agents[agent].earlier[partition] = nil
                done += count(agent, from: before, to: agents[agent].counted)
            } else {
                partitions[partition]?.doubt(from: word.queued)
            }
        }
        for slot in done { confirmIfDone(slot, at: now, isReplay: true) }
    }

    /// Looks at every agent's last word for whether it tells more than there is in the topic.
    mutating func doubtWords() {
        for agent in agents.indices where agents[agent].isMember {
            for told in agents[agent].acknowledgement.partitions {
                let isProven = partitions[told.partition]?.startedOver != nil
                doubt(agent, about: told.partition, isProven: isProven)
            }
        }
    }

    /// Takes in what a new word of an agent means for the partitions in which it was not believed; for its first word, in all.
    ///
    /// - Note: what counts of its words changes by this.
    mutating func weigh(_ agent: Int, isNew: Bool) {
        guard knowsMembers, isNew || !agents[agent].earlier.isEmpty else { return }
        let acknowledgement = agents[agent].acknowledgement
        for told in acknowledgement.partitions {
            if let word = agents[agent].earlier[told.partition] {
                if isOver(word, told, acknowledgement) {
                    agents[agent].earlier[told.partition] = nil
                } else if word.isProven, word.instance != acknowledgement.instance {
                    agents[agent].earlier[told.partition]?.instance = acknowledgement.instance
                    agents[agent].earlier[told.partition]?.queued = told.queued
                }
            } else if isNew, partitions[told.partition]?.startedOver != nil {
                // One that was retired compares before long; one that is new may just be ahead of what we have read.
                doubt(agent, about: told.partition, isProven: false)
            }
        }
    }

    /// Whether an agent that was not believed speaks of the present topic now.
    private func isOver(_ word: EarlierWord, _ told: PartitionProgress, _ acknowledgement: Acknowledgement) -> Bool {
        // The earlier topic never had that much.
        if let over = partitions[told.partition]?.startedOver, told.queued > over.earlierEnd { return true }
        // What it tells has to be there.
        guard told.queued <= knownEnd(of: told.partition) else { return false }
        if !word.isProven || told.queued == 0 { return true }
        // A run that tells less than it did has begun again; one that begins with less may have been put back by a power loss. But a later
        // run is live only after it has compared the last message it had read with the one that is there.
        if acknowledgement.instance == word.instance, told.queued < word.queued { return true }
        return acknowledgement.instance != word.foundIn && acknowledgement.status == .live
    }

    /// Believes an agent nothing about a partition if it has told more than there is.
    private mutating func doubt(_ agent: Int, about partition: Int32, isProven: Bool) {
        let acknowledgement = agents[agent].acknowledgement
        let progress = acknowledgement.partitions.filter { $0.partition == partition }
        let told = progress.map(\.queued).max() ?? 0
        guard told > knownEnd(of: partition) else { return }
        agents[agent].earlier[partition] = EarlierWord(
            foundIn: acknowledgement.instance, instance: acknowledgement.instance, queued: told, isProven: isProven)
        if isProven {
            for told in progress { partitions[partition]?.earlierTopicHad(max(told.queued, told.highWatermark)) }
        } else {
            partitions[partition, default: PartitionHistory()].doubt(from: told)
        }
    }

    private func knownEnd(of partition: Int32) -> Int64 {
        max(partitions[partition]?.readTo ?? 0, partitions[partition]?.startedOver?.end ?? 0)
    }
}
