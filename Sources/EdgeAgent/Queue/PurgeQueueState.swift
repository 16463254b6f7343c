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
        /// Messages for the dead-letter topic, oldest first.
        var rejected: Deque<QueueKey> = []
        /// Entries not completed, taken or not.
        var open: Set<QueueKey> = []
        var unapplied = UnappliedPurges()
        /// Per partition, the offset from which messages are new to the world, not only to us: see ``isLate(_:)``.
        var liveFrom: [Int32: Int64] = [:]
        var highWatermarks: [Int32: Int64] = [:]
    }
}

extension PurgeQueue {
    /// Whose purges are applied in their order: a zone's, or of a partition those that an earlier run queued.
    enum Lane: Hashable, Sendable {
        case zone(String)
        case partition(Int32)
    }
}

extension PurgeQueue.Taken {
    var lane: PurgeQueue.Lane { zone.map { .zone($0) } ?? .partition(key.partition) }
}

extension PurgeQueue.State {
    /// - Parameters:
    ///   - queued: when it was queued; nil where an earlier run did that.
    ///   - since: from when on it counts as waiting.
    mutating func add(
        _ key: QueueKey, event: PurgeEvent?, queued: ContinuousClock.Instant?, since: ContinuousClock.Instant
    ) {
        track(key)
        unapplied.add(key, since: since, open: open)
        let isKept = purges.count < PurgeQueue.eventsInMemoryMax
        let taken = PurgeQueue.Taken(key: key, event: isKept ? event : nil, zone: event?.zone, queued: queued)
        purges.append(taken, for: taken.lane)
    }

    /// Takes purges, up to `limit`, of zones that have room for them.
    mutating func take(_ limit: Int, _ shares: FairShares) -> [PurgeQueue.Taken] {
        var shares = shares
        var taken: [PurgeQueue.Taken] = []
        while taken.count < limit,
            let one = purges.next(where: { lane in
                if case .zone(let zone) = lane { shares.room(of: zone) > 0 } else { true }
            })
        {
            shares.take(1, for: one.zone ?? "")
            taken.append(one)
        }
        return taken
    }

    mutating func addRejected(_ key: QueueKey) {
        track(key)
        rejected.append(key)
    }

    /// Counts an offset as done that holds nothing to do here.
    mutating func pass(_ key: QueueKey) {
        trackers[key.partition, default: OffsetTracker(next: key.offset)].skip(to: key.offset + 1)
    }

    private mutating func track(_ key: QueueKey) {
        trackers[key.partition, default: OffsetTracker(next: key.offset)].enqueue(key.offset)
        open.insert(key)
    }
}
