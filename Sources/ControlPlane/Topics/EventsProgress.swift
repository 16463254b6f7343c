import PurgeModel

/// How far the partitions of `purge.events` were read, and what is known of those whose topic was made anew.
struct EventsProgress: Sendable {
    private struct Partition {
        /// Offsets below this one have been read from the topic.
        var readTo: Int64 = 0
        /// Offsets below this one were read by an earlier process: they are read once more for their marks only.
        var knownTo: Int64 = 0
        /// The marks of the last messages that were read.
        var marks = MarkLog()
        /// Marks of the earlier process, by their offsets.
        var restored: [Int64: UInt64] = [:]
        /// No agent has applied this offset or a later one; may be too high, never too low.
        var coveredTo: Int64 = 0
        /// Set when the topic was seen to have been made anew.
        var startedOver: StartedOver?
        /// Where the least that an agent has told beyond `readTo` ends, without proof of an earlier topic; nil when
        /// nobody has.
        var firstDoubted: Int64?
    }

    /// What is known of a topic that was made anew, and of the one before it.
    private struct StartedOver {
        /// The partition ended here or later when that was seen.
        var end: Int64
        /// The earlier topic is not known to have had anything from here on.
        var earlierEnd: Int64
    }

    private var partitions: [Int32: Partition] = [:]
    /// How often each partition was seen to be another topic's; absent: never.
    private(set) var topics: [Int32: Int64] = [:]

    /// Whether the topic was read to its end once.
    private(set) var isCaughtUp = false
    /// Whether something says that the topic may have been made anew: see ``takeSuspicion()``.
    private var isSuspect = false

    /// Partitions whose topic turned out to have been made anew while their reader does not know it.
    private var toReadAnew: Set<Int32> = []
    /// Whether a purge was stored in a partition of which nothing was known.
    private var isPartitionNew = false

    /// The partitions that anything is known of.
    var known: Set<Int32> { Set(partitions.keys) }

    /// How far each of them was read, by this process or by an earlier one.
    var readTo: [Int32: Int64] { partitions.mapValues { max($0.readTo, $0.knownTo) } }

    /// From where on each of them is to be read.
    var start: [Int32: Int64] { partitions.mapValues(\.readTo) }

    /// The marks that are kept over a restart: the first and the last there are.
    var ownMarks: [Int32: [MessageMark]] {
        partitions.mapValues { partition in
            if partition.marks.last == nil || partition.readTo < partition.knownTo {
                return partition.restored.map { MessageMark(offset: $0.key, fingerprint: $0.value) }
                    .sorted { $0.offset < $1.offset }
            }
            return [partition.marks.first, partition.marks.last].compactMap(\.self)
        }
    }

    /// The number of the topic that a partition is read of: one more for each that was made anew.
    func topic(of partition: Int32) -> Int64 { topics[partition] ?? 0 }

    /// Offsets below this one have been read by this process or by an earlier one.
    func everReadTo(_ partition: Int32) -> Int64 {
        partitions[partition].map { max($0.readTo, $0.knownTo) } ?? 0
    }

    /// Offsets below this one have been read; 0 for a partition that nothing is known of.
    func readTo(_ partition: Int32) -> Int64 { partitions[partition]?.readTo ?? 0 }

    /// No agent has applied this offset or a later one.
    func coveredTo(_ partition: Int32) -> Int64 { partitions[partition]?.coveredTo ?? 0 }

    /// Whether the topic was seen to have been made anew.
    func hasStartedOver(_ partition: Int32) -> Bool { partitions[partition]?.startedOver != nil }

    /// The partition has messages up to here, as far as is known.
    func knownEnd(of partition: Int32) -> Int64 {
        max(everReadTo(partition), partitions[partition]?.startedOver?.end ?? 0)
    }

    /// Whether the topic before the present one is known never to have had so much.
    func isBeyondEarlierTopic(_ offset: Int64, in partition: Int32) -> Bool {
        partitions[partition]?.startedOver.map { offset > $0.earlierEnd } ?? false
    }

    /// The topic has been read to its end.
    mutating func caughtUp() { isCaughtUp = true }

    /// A purge is known to be in the partition, read or not.
    mutating func mention(_ partition: Int32) {
        if partitions[partition] == nil { partitions[partition] = Partition() }
    }

    /// Takes in how far an earlier process has read.
    ///
    /// - Parameters:
    ///   - start: from here on it is read again, so that marks can be compared.
    ///   - marks: what the earlier process had found there.
    mutating func restore(_ partition: Int32, readTo: Int64, from start: Int64? = nil, marks: [MessageMark] = []) {
        partitions[partition, default: Partition()].readTo = min(start ?? readTo, readTo)
        partitions[partition]?.knownTo = readTo
        partitions[partition]?.restored = Dictionary(
            marks.map { ($0.offset, $0.fingerprint) }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes in how often an earlier process has seen each partition to be another topic's.
    mutating func restore(topics: [Int32: Int64]) { self.topics = topics }

    /// Whether an earlier process has read this message, and told what it was.
    func isKnown(_ position: PurgePosition) -> Bool {
        partitions[position.partition].map { position.offset < $0.knownTo } ?? false
    }

    /// Takes in the mark of a message that was read.
    /// - Returns: false when another message was read at its offset before: then the topic was made anew.
    mutating func note(_ mark: MessageMark, in partition: Int32) -> Bool {
        if let restored = partitions[partition]?.restored[mark.offset], restored != mark.fingerprint { return false }
        return partitions[partition, default: Partition()].marks.add(mark)
    }

    /// Compares a mark with what was read; to be asked about offsets below ``readTo(_:)``.
    func compare(_ mark: MessageMark, in partition: Int32) -> MarkLog.Comparison {
        partitions[partition]?.marks.compare(mark) ?? .unknown
    }

    /// Some messages that were read of a partition below an offset, the last one first; none that are not remembered.
    func someMarks(below offset: Int64, in partition: Int32) -> [MessageMark] {
        partitions[partition]?.marks.some(below: offset) ?? []
    }

    /// Something says that the topic may have been made anew.
    mutating func suspect() { isSuspect = true }

    /// Whether something has said so since the last call.
    mutating func takeSuspicion() -> Bool {
        defer { isSuspect = false }
        return isSuspect
    }

    /// A partition has to be read from its beginning.
    mutating func readAnew(_ partition: Int32) { toReadAnew.insert(partition) }

    /// Partitions that have to be read from their beginning since the last call.
    mutating func takePartitionsToReadAnew() -> Set<Int32> {
        defer { toReadAnew = [] }
        return toReadAnew
    }

    /// A purge was stored in a partition, read or not.
    mutating func stored(in partition: Int32) {
        if partitions[partition] == nil { isPartitionNew = true }
    }

    /// Whether a purge was stored since the last call in a partition that is not read yet.
    mutating func takeNewPartition() -> Bool {
        defer { isPartitionNew = false }
        return isPartitionNew
    }

    /// Takes note of how far a partition has been read.
    /// - Returns: whether what an agent told, and was not believed, may have been read by now.
    mutating func read(to readTo: Int64, of partition: Int32) -> Bool {
        guard readTo > self.readTo(partition) else { return false }
        partitions[partition, default: Partition()].readTo = readTo
        guard let first = partitions[partition]?.firstDoubted, first <= readTo else { return false }
        partitions[partition]?.firstDoubted = nil
        return true
    }

    /// An agent has applied messages below this offset.
    mutating func covered(_ partition: Int32, to end: Int64) {
        partitions[partition, default: Partition()].coveredTo = max(coveredTo(partition), end)
    }

    /// Sets anew below which offset agents have applied messages.
    mutating func resetCovered(_ partition: Int32, to end: Int64) {
        partitions[partition]?.coveredTo = end
    }

    /// The topic was made anew: nothing of it has been read.
    mutating func startOver(_ partition: Int32, at end: Int64) {
        let before = partitions[partition] ?? Partition()
        let earlierEnd = max(
            before.readTo, before.knownTo, before.coveredTo, before.startedOver?.earlierEnd ?? 0)
        var fresh = Partition()
        (fresh.coveredTo, fresh.firstDoubted) = (before.coveredTo, before.firstDoubted)
        fresh.startedOver = StartedOver(end: end, earlierEnd: earlierEnd)
        partitions[partition] = fresh
        topics[partition] = topic(of: partition) + 1
    }

    /// An agent that speaks of an earlier topic has told that it had messages up to an offset.
    mutating func earlierTopicHad(_ offset: Int64, in partition: Int32) {
        guard let known = partitions[partition]?.startedOver?.earlierEnd else { return }
        partitions[partition]?.startedOver?.earlierEnd = max(known, offset)
    }

    /// An agent has told of messages up to this offset, which we have not read.
    mutating func doubt(from offset: Int64, in partition: Int32) {
        let first = partitions[partition]?.firstDoubted ?? offset
        partitions[partition, default: Partition()].firstDoubted = min(first, offset)
    }
}
