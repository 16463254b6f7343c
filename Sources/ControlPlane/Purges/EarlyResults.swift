import DequeModule
import PurgeModel

/// What agents told about purges before this process has read as far.
///
/// An agent can be done before the event has travelled to us; and whether it speaks of the topic that we read shows
/// when we have read the message that it had read last. Such results wait here, up to a limit: what is lost is a count
/// in an answer, never a confirmation.
struct EarlyResults: Sendable {
    /// One result that waits.
    struct Entry: Sendable {
        let agent: Int
        let position: PurgePosition
        let result: AgentResult
        /// The last message that the agent had read; nil where it does not tell.
        let mark: MessageMark?
        /// Whether it is certainly about the topic of the mark.
        let isOfOneTopic: Bool
        /// Which run of the agent told it.
        let instance: String

        /// The message at this offset has to be read first.
        fileprivate var due: Int64 { max(position.offset, mark?.offset ?? position.offset) }

        init(_ told: ToldResult, of agent: Int) {
            let purge = told.purge
            self.agent = agent
            position = PurgePosition(partition: purge.partition, offset: purge.offset)
            result = AgentResult(
                removed: purge.removed, bytes: purge.bytes, appliedAt: purge.appliedAt,
                tookMicroseconds: purge.took.wholeMicroseconds, near: purge.near)
            mark = told.mark
            isOfOneTopic = told.isOfOneTopic
            instance = told.instance
        }
    }

    private struct Key: Hashable {
        let agent: Int
        let position: PurgePosition
    }

    /// Results kept at most.
    static let countMax = 100_000

    /// By partition, in the order in which they are due.
    private var entries: [Int32: Deque<Entry>] = [:]
    /// What waits, and which run of the agent told it.
    private var keys: [Key: String] = [:]

    /// Results that wait; for tests.
    var count: Int { keys.count }

    /// Keeps a result; ignored when this run of the agent has told it before.
    ///
    /// One of another run takes its place: the offset may be another purge's by now.
    ///
    /// When there is no room all is forgotten that waits: what has waited for longest may never be due.
    mutating func add(_ entry: Entry) {
        if keys.count >= Self.countMax { (entries, keys) = ([:], [:]) }
        let key = Key(agent: entry.agent, position: entry.position)
        let earlier = keys.updateValue(entry.instance, forKey: key)
        guard earlier != entry.instance else { return }
        var waiting = entries.removeValue(forKey: entry.position.partition) ?? []
        if earlier != nil { waiting.removeAll { $0.agent == entry.agent && $0.position == entry.position } }
        let index = waiting.firstIndex(after: entry.due)
        waiting.insert(entry, at: index)
        entries[entry.position.partition] = waiting
    }

    /// Forgets what was told about a partition whose topic was made anew, but for what tells which topic it is about.
    mutating func startOver(_ partition: Int32) {
        guard let waiting = entries.removeValue(forKey: partition) else { return }
        entries[partition] = waiting.filter { $0.mark != nil }
        for entry in waiting where entry.mark == nil {
            keys[Key(agent: entry.agent, position: entry.position)] = nil
        }
    }

    /// Forgets what an agent told about a partition that it has begun anew since: its offsets are those of others now.
    mutating func forget(_ partition: Int32, of agent: Int) {
        guard let waiting = entries.removeValue(forKey: partition) else { return }
        let kept = waiting.filter { $0.agent != agent }
        if !kept.isEmpty { entries[partition] = kept }
        for entry in waiting where entry.agent == agent { keys[Key(agent: agent, position: entry.position)] = nil }
    }

    /// Hands over, and forgets, what is due when a partition has been read up to an offset.
    mutating func take(_ partition: Int32, readTo: Int64) -> [Entry] {
        guard let first = entries[partition]?.first, first.due < readTo else { return [] }
        var waiting = entries.removeValue(forKey: partition) ?? []
        var taken: [Entry] = []
        while let first = waiting.first, first.due < readTo {
            taken.append(first)
            keys[Key(agent: first.agent, position: first.position)] = nil
            waiting.removeFirst()
        }
        if !waiting.isEmpty { entries[partition] = waiting }
        return taken
    }
}

extension Deque<EarlyResults.Entry> {
    /// Where one stands that is due at an offset, behind all that are due then.
    fileprivate func firstIndex(after due: Int64) -> Int {
        // By far most come at the very end.
        guard let last, due < last.due else { return count }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].due <= due { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
