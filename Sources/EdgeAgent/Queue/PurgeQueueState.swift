import DequeModule
import PurgeModel

extension PurgeQueue {
    /// What the queue knows without looking at the disk.
    struct State {
        var trackers: [Int32: OffsetTracker] = [:]
        var epochs: [Int32: UInt32] = [:]
        /// Where partitions began anew whose offsets started over: see ``PurgeQueue/hasMissed(_:_:)``.
        var begun: [Int32: Int64] = [:]
        /// Purges that nobody has taken yet.
        var purges = FairLanes<Lane, Taken>()
        /// Bytes of the messages whose purges are in memory.
        var eventBytes = 0
        /// Entries not completed, taken or not, but for those that are held.
        var open: Set<QueueKey> = []
        /// What the tier above has applied; nil where the caches fill from the origin.
        var above: TierGate?
        /// Purges that were applied here and wait for the tier above.
        var held: [QueueKey: Taken] = [:]
        var unapplied = UnappliedPurges()
        /// Per partition, the offset from which messages are new to the world, not only to us: see ``isLate(_:)``.
        var liveFrom: [Int32: Int64] = [:]
        var highWatermarks: [Int32: Int64] = [:]
        /// What is known to be in Kafka and was not read, from when it was seen first.
        var unread: [Int32: PartitionReading.Unread] = [:]
        /// Partitions of which it is not certain that they are the ones that were read before.
        var uncertain: Set<Int32> = []
        var marks: [Int32: MessageMarks] = [:]
    }
}

extension PurgeQueue {
    /// Whose purges are applied in their order: a zone's, or of a partition those that an earlier run queued.
    enum Lane: Hashable, Sendable {
        case zone(String)
        case partition(Int32)

        /// Whose share it counts to; nobody's, where no one has read yet whose it is.
        var zone: String { if case .zone(let zone) = self { zone } else { "" } }
    }
}

extension PurgeQueue.Taken {
    var lane: PurgeQueue.Lane { zone.map { .zone($0) } ?? .partition(key.partition) }
}

extension PurgeQueue.State {
    /// Reads back what an earlier run left.
    init(stored database: AgentDatabase, above: TierGate?, now: ContinuousClock.Instant) throws {
        self.above = above
        let positions = try PurgeQueue.storedPositions(database)
        for position in positions { epochs[position.partition] = position.epoch }
        begun = Dictionary(uniqueKeysWithValues: try database.meta.begun.all().map { ($0.key, $0.value) })
        var entries: [(key: QueueKey, bytes: Int)] = []
        try database.queue.scan(from: [], to: nil) { key, value in
            let key = try QueueKey(decoding: key.copy())
            entries.append((key, value.count))
            // What is told of the tier above is compared with these.
            if above != nil, let fingerprint = try QueuedMessage(decoding: value.copy()).fingerprint {
                self.above?.read(MessageMark(offset: key.offset, fingerprint: fingerprint), of: key.partition)
            }
            return true
        }
        // Which of them cannot be understood is found out when their turn comes.
        for (key, bytes) in entries { add(key, event: nil, bytes: bytes, queued: nil, since: now) }
        for position in positions {
            let tracker = trackers[position.partition] ?? OffsetTracker(next: position.offset)
            trackers[position.partition] = tracker
            trackers[position.partition]?.skip(to: position.offset)
        }
        // Those that a replay sets back below what was read no longer stand for what is read.
        for (partition, stored) in try database.meta.lastMessages.all() {
            marks[partition] = stored.below(trackers[partition]?.next ?? 0)
        }
    }

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
        let taken = PurgeQueue.Taken(
            key: key, event: isKept ? event : nil, bytes: bytes, zone: event?.zone, queued: queued)
        eventBytes += taken.bytesInMemory
        purges.append(taken, for: taken.lane)
    }

    /// Takes purges, up to `limit`, of zones that have room for them.
    mutating func take(_ limit: Int, _ shares: FairShares, _ bytes: FairShares) -> [PurgeQueue.Taken] {
        var (shares, bytes) = (shares, bytes)
        var taken: [PurgeQueue.Taken] = []
        while taken.count < limit,
            let one = purges.next(where: { lane in
                let zone = lane.zone
                return shares.room(of: zone) > 0 && bytes.room(of: zone) > 0
            })
        {
            shares.take(1, for: one.lane.zone)
            bytes.take(one.bytes, for: one.lane.zone)
            eventBytes -= one.bytesInMemory
            var one = one
            // Before anybody looks at what is cached: what is stored from now on came from where the purge is applied.
            one.pass = pass(one.key)
            taken.append(one)
        }
        return taken
    }

    private func pass(_ key: QueueKey) -> PurgePass {
        guard let above else { return .only }
        return above.hasApplied(key) ? .last(guardTime: above.guardTime ?? .zero) : .first
    }

    /// Whether everything below an offset of a partition is applied here, whatever the tier above has.
    mutating func hasApplied(_ partition: Int32, to offset: Int64) -> Bool {
        if trackers[partition]?.applied ?? 0 >= offset { return true }
        guard !held.isEmpty, trackers[partition]?.next ?? 0 >= offset else { return false }
        return unapplied.oldest(of: partition, open: open).map { $0.offset >= offset } ?? true
    }

    /// Whether a purge is in the queue, held or not.
    func isOpen(_ key: QueueKey) -> Bool { open.contains(key) || held[key] != nil }

    /// Has a purge that was applied here wait for the tier above, or takes it up again where that has applied it
    /// meanwhile.
    mutating func hold(_ one: PurgeQueue.Taken) {
        guard open.contains(one.key) else { return }
        if above?.hasApplied(one.key) == true { return purges.append(one, for: one.lane) }
        open.remove(one.key)
        held[one.key] = one
    }

    /// Puts purges back into the queue that the tier above has applied, as far as was told since the last call; answers
    /// whether there were any.
    @discardableResult
    mutating func release() -> Bool {
        guard let changed = above?.takeChanged(), !changed.isEmpty, let above, !held.isEmpty else { return false }
        let released = held.keys.filter { changed.contains($0.partition) && above.hasApplied($0) }
        for key in released.sorted() {
            guard let one = held.removeValue(forKey: key) else { continue }
            open.insert(key)
            purges.append(one, for: one.lane)
        }
        return !released.isEmpty
    }

    /// Puts one that was taken back to the front, unless its partition has started over.
    mutating func giveBack(_ one: PurgeQueue.Taken) {
        guard open.contains(one.key) else { return }
        eventBytes += one.bytesInMemory
        purges.prepend(one, for: one.lane)
    }

    /// Drops what waits of a partition.
    mutating func drop(_ partition: Int32) {
        var freed = 0
        purges.removeAll { one in
            guard one.key.partition == partition else { return false }
            freed += one.bytesInMemory
            return true
        }
        eventBytes -= freed
        open = open.filter { $0.partition != partition }
        held = held.filter { $0.key.partition != partition }
        above?.startOver(partition)
        unapplied.drop(partition)
    }

    /// Takes note of a partition's end.
    mutating func observe(_ partition: Int32, end: Int64, now: ContinuousClock.Instant) {
        highWatermarks[partition] = max(highWatermarks[partition] ?? 0, end)
        guard let next = trackers[partition]?.next else { return }
        if let known = unread[partition], known.end > next, end > next {
            // The oldest counts, so that a steady stream of purges does not move it away.
            unread[partition]?.end = min(known.end, end)
        } else {
            unread[partition] = end > next ? PartitionReading.Unread(end: end, since: now) : nil
        }
    }

    /// What is known of a partition to be in Kafka, and was not read.
    func unread(_ partition: Int32) -> PartitionReading.Unread? {
        guard let known = unread[partition], let next = trackers[partition]?.next, known.end > next else { return nil }
        return known
    }

    /// Counts an offset as done that holds nothing to do here.
    mutating func pass(_ key: QueueKey) {
        trackers[key.partition, default: OffsetTracker(next: key.offset)].skip(to: key.offset + 1)
    }
}
