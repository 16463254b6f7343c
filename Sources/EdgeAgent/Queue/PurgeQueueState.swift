import DequeModule
import PurgeModel

extension PurgeQueue {
    /// What the queue knows without looking at the disk.
    struct State {
        var trackers: [Int32: OffsetTracker] = [:]
        var epochs: [Int32: UInt32] = [:]
        /// Where partitions began anew whose offsets started over: see ``PurgeQueue/hasMissed(_:_:)``.
        var begun: [Int32: Int64] = [:]
        /// Purges that nobody has taken yet, oldest first.
        var purges: Deque<Taken> = []
        /// Bytes of the messages whose purges are in memory.
        var eventBytes = 0
        /// Entries not completed, taken or not.
        var open: Set<QueueKey> = []
        var unapplied = UnappliedPurges()
        /// Per partition, the offset from which messages are new to the world, not only to us: see ``isLate(_:)``.
        var liveFrom: [Int32: Int64] = [:]
        var highWatermarks: [Int32: Int64] = [:]
    }
}

extension PurgeQueue.State {
    /// - Parameters:
    ///   - bytes: of its message.
    ///   - queued: when it was queued; nil where an earlier run did that.
    ///   - since: from when on it counts as waiting.
    mutating func add(
        _ key: QueueKey, event: PurgeEvent?, bytes: Int, queued: ContinuousClock.Instant?,
        since: ContinuousClock.Instant
    ) {
        trackers[key.partition, default: OffsetTracker(next: key.offset)].enqueue(key.offset)
        open.insert(key)
        unapplied.add(key, since: since, open: open)
        let isKept =
            purges.count < PurgeQueue.eventsInMemoryMax && eventBytes + bytes <= PurgeQueue.eventBytesInMemoryMax
        let taken = PurgeQueue.Taken(key: key, event: isKept ? event : nil, bytes: bytes, queued: queued)
        eventBytes += taken.bytesInMemory
        purges.append(taken)
    }

    /// Takes the oldest purges, up to `limit`, and no more of them than have so many bytes: at least one, if any bytes
    /// are given.
    mutating func take(_ limit: Int, bytes: Int) -> [PurgeQueue.Taken] {
        var left = bytes
        let taken = purges.prefix(max(0, limit)).prefix { one in
            defer { left -= one.bytes }
            return left > 0
        }
        purges.removeFirst(taken.count)
        for one in taken { eventBytes -= one.bytesInMemory }
        return Array(taken)
    }

    /// Puts one that was taken back to the front, unless its partition has started over.
    mutating func giveBack(_ one: PurgeQueue.Taken) {
        guard open.contains(one.key) else { return }
        eventBytes += one.bytesInMemory
        purges.prepend(one)
    }

    /// Drops what waits of a partition.
    mutating func drop(_ partition: Int32) {
        purges.removeAll { $0.key.partition == partition }
        eventBytes = purges.reduce(0) { $0 + $1.bytesInMemory }
        open = open.filter { $0.partition != partition }
        unapplied.drop(partition)
    }

    /// Counts an offset as done that holds nothing to do here.
    mutating func pass(_ key: QueueKey) {
        trackers[key.partition, default: OffsetTracker(next: key.offset)].skip(to: key.offset + 1)
    }
}
