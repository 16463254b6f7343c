import DequeModule
import PurgeModel
import Synchronization

/// The durable queue between Kafka and the caches, and the account of what is done.
///
/// A message enters it in the same write that moves the next offset to fetch, and leaves it in the same write that
/// takes what it purged out of the index: a crash at any point repeats work, never skips it. No write waits for the
/// disk: after a power loss queue and offset go back together, and Kafka delivers again.
final class PurgeQueue: Sendable {
    let database: AgentDatabase
    /// Messages that are no purges.
    let refused: RefusedMessages
    /// What nginx asks about; nil where it does not ask.
    let standing: StandingPurges?
    /// Whether the caches fill from other caches.
    let fillsFromTier: Bool
    /// Whether other caches fill from these.
    let isFilledFrom: Bool
    private let clock: any AgentClock
    private let state: Mutex<State>
    /// Entries at most; intake pauses beyond it.
    let entriesMax: Int
    /// So many times as many purges may wait for the tier above.
    private static let heldShare = 4
    /// What is in Kafka may take so long to be read before the agent says that it is not up to date.
    private static let unreadMax = Duration.seconds(5)
    /// Purges kept in memory as well as on disk, and bytes of their messages, of which each takes three in memory.
    static let eventsInMemoryMax = 1000
    static let eventBytesInMemoryMax = 16 << 20

    /// Reads back what an earlier run left.
    ///
    /// - Parameter tier: where the caches stand among caches that fill from each other.
    init(
        database: AgentDatabase, entriesMax: Int, clock: any AgentClock = SystemClock(),
        standing: StandingPurges? = nil, tier: TierConfiguration = TierConfiguration()
    ) throws {
        self.database = database
        self.standing = standing
        fillsFromTier = tier.above != nil
        isFilledFrom = tier.isFilledFrom
        self.entriesMax = entriesMax
        self.clock = clock
        refused = try RefusedMessages(database, now: clock.instant)
        state = Mutex(try State(stored: database, above: tier.above.map(TierGate.init), now: clock.instant))
        standing?.add(unread: state.withLock { Array($0.open) })
    }

    // MARK: Filling

    /// The next offset to fetch of a partition; nil for one never seen.
    func nextOffset(_ partition: Int32) -> Int64? {
        state.withLock { $0.trackers[partition]?.next }
    }

    /// Takes note of a partition's end, and which of its messages are old news: those below the end at the time it was
    /// assigned.
    ///
    /// Where a new partition is read from is kept, so that a gap is noticed even if the first message never came.
    func assigned(_ partition: Int32, from offset: Int64, highWatermark: Int64) throws {
        let (isNew, epoch) = state.withLock { ($0.trackers[partition] == nil, $0.epochs[partition] ?? 0) }
        if isNew {
            try database.write {
                database.meta.positions.put(partition, QueuePlace(epoch: epoch, offset: offset), into: &$0)
            }
        }
        state.withLock { state in
            if isNew { state.trackers[partition] = OffsetTracker(next: offset) }
            state.liveFrom[partition] = highWatermark
            state.highWatermarks[partition] = highWatermark
        }
    }

    /// Takes note of the ends of partitions, whether or not their messages can be read yet.
    func observed(highWatermarks: [Int32: Int64]) {
        let now = clock.instant
        state.withLock { state in
            for (partition, end) in highWatermarks { state.observe(partition, end: end, now: now) }
        }
    }

    /// Takes note that what was read of partitions may not be what is there: nothing counts as read until
    /// ``trust(_:)``.
    func doubt(_ partitions: some Sequence<Int32>) { state.withLock { $0.uncertain.formUnion(partitions) } }

    /// Takes note that a partition is the one that was read before.
    func trust(_ partition: Int32) { _ = state.withLock { $0.uncertain.remove(partition) } }

    /// Takes note of what was in Kafka and could not be read when a partition's end was reached for the first time: it
    /// is no news to the world either.
    func reachedFirstEnd(_ partition: Int32) {
        state.withLock { state in
            guard let live = state.liveFrom[partition] else { return }
            state.liveFrom[partition] = max(live, state.unread(partition)?.end ?? 0)
        }
    }

    /// The last messages that were read of a partition.
    func marks(_ partition: Int32) -> MessageMarks { state.withLock { $0.marks[partition] } ?? MessageMarks() }

    /// Puts messages into the queue, durably, and moves the next offsets behind them.
    ///
    /// What is there already, as after a fetch that was repeated, is passed over.
    func enqueue(_ arrivals: [Arrival]) throws {
        let now = clock.instant
        var (epochs, known, marks) = state.withLock { ($0.epochs, $0.trackers.mapValues(\.next), $0.marks) }
        var change = Change()
        var entries: [(key: QueueKey, arrival: Arrival)] = []
        var next: [Int32: Int64] = [:]
        let arrivals = arrivals.filter { arrival in
            guard arrival.offset >= known[arrival.partition] ?? .min else { return false }
            known[arrival.partition] = arrival.offset + 1
            return true
        }.map(asAppliedHere)
        guard !arrivals.isEmpty else { return }
        for arrival in arrivals {
            let key = QueueKey(
                partition: arrival.partition, epoch: epochs[arrival.partition] ?? 0, offset: arrival.offset)
            switch arrival.content {
            case .purge:
                var message = arrival.message
                if fillsFromTier { message.fingerprint = arrival.mark?.fingerprint }
                change.put(key.encoded(), message.encoded(), in: database.queue)
            case .order: break
            case .refused(let error): refused.put(key, arrival.message, error, now: now, into: &change)
            }
            next[arrival.partition] = arrival.offset + 1
            if let mark = arrival.mark { marks[arrival.partition, default: MessageMarks()].add(mark) }
            entries.append((key, arrival))
        }
        for (partition, offset) in next {
            let place = QueuePlace(epoch: epochs[partition] ?? 0, offset: offset)
            database.meta.positions.put(partition, place, into: &change)
            if let marks = marks[partition] { database.meta.lastMessages.put(partition, marks, into: &change) }
        }
        standing?.add(entries.compactMap { key, arrival in standing(key, arrival) })
        try database.write(change)
        state.withLock { state in
            for partition in next.keys { state.marks[partition] = marks[partition] }
            for (key, arrival) in entries {
                if let mark = arrival.mark { state.above?.read(mark, of: key.partition) }
                switch arrival.content {
                case .purge(let event):
                    state.add(key, event: event, bytes: arrival.message.size, queued: now, since: now)
                case .order, .refused: state.pass(key)
                }
            }
            // What was told of the tier above before it was read here counts now.
            state.release()
        }
    }

    private func standing(_ key: QueueKey, _ arrival: Arrival) -> StandingPurges.Arrival? {
        guard case .purge(let event) = arrival.content else { return nil }
        return StandingPurges.Arrival(key: key, event: event, isLate: sparesNewer(key))
    }

    /// Starts a partition over at `offset` because purges between were missed, with a flush in their place.
    ///
    /// What was queued before is covered by the flush and dropped.
    ///
    /// Returns where the flush stands, as a position of which nothing is applied.
    ///
    /// - Parameter highWatermark: the partition's end now, where it is known: in a topic that was made anew it is lower
    ///   than before.
    @discardableResult
    func restart(
        _ partition: Int32, at offset: Int64, flush: PurgeEvent, highWatermark: Int64? = nil
    ) throws -> QueuePosition {
        let epoch = (state.withLock { $0.epochs[partition] } ?? 0) + 1
        let key = QueueKey(partition: partition, epoch: epoch, offset: offset - 1)
        var change = Change()
        Self.drop(partition, database, from: &change)
        let message = QueuedMessage(value: PurgeEventCodec.encode(flush))
        change.put(key.encoded(), message.encoded(), in: database.queue)
        database.meta.positions.put(partition, QueuePlace(epoch: epoch, offset: offset), into: &change)
        database.meta.begun.put(partition, offset, into: &change)
        database.meta.lastMessages.delete(partition, from: &change)
        standing?.add([StandingPurges.Arrival(key: key, event: flush, isLate: false)])
        try database.write(change)
        standing?.drop(partition, except: key)
        let now = clock.instant
        state.withLock { state in
            state.begun[partition] = offset
            state.drop(partition)
            state.epochs[partition] = epoch
            state.trackers[partition] = nil
            state.marks[partition] = nil
            state.unread[partition] = nil
            if let highWatermark {
                state.liveFrom[partition] = highWatermark
                state.highWatermarks[partition] = highWatermark
            }
            state.add(key, event: flush, bytes: message.size, queued: now, since: now)
        }
        return QueuePosition(partition: partition, epoch: epoch, offset: key.offset)
    }

    /// Whether intake should stop for now, and whether a stopped one may go on.
    var pressure: (isFull: Bool, hasRoom: Bool) {
        state.withLock { state in
            // What is held takes room on the disk, and some in memory. Where reading on may release it, it does not
            // count.
            let held = state.above?.isAhead == true ? 0 : state.held.count / Self.heldShare
            let count = max(state.open.count, held)
            return (count >= entriesMax, count <= entriesMax / 2)
        }
    }

    // MARK: Emptying

    /// Takes purges, up to `limit`: the oldest of each zone, and the zones in turns.
    ///
    /// They stay in the queue until ``complete(_:into:)`` is written.
    ///
    /// - Parameters:
    ///   - shares: what each zone has taken already; one that has used up its share has to wait, and the others need
    ///     not wait for it.
    ///   - bytes: the same of the bytes of their messages.
    func takePurges(
        _ limit: Int, shares: FairShares = FairShares(max: .max), bytes: FairShares = FairShares(max: .max)
    ) -> [Taken] {
        state.withLock { $0.take(limit, shares, bytes) }
    }

    /// Puts purges that were taken back to the front.
    func giveBack(_ taken: [Taken]) {
        state.withLock { state in
            for one in taken.reversed() { state.giveBack(one) }
        }
    }

    /// Takes a message out of the queue that turned out to be no purge: it goes to the refused ones, durably.
    func refuse(_ key: QueueKey, _ message: QueuedMessage, _ error: PurgeEventError) throws {
        try database.write { change in
            complete(key, into: &change)
            refused.put(key, message, error, now: clock.instant, into: &change)
        }
        completed([key])
        state.withLock { $0.unapplied.remove(key) }
    }

    /// The message under a key; nil if a restart of its partition dropped it.
    func message(_ key: QueueKey) throws -> QueuedMessage? {
        try stored(key).map(QueuedMessage.init(decoding:))
    }

    /// The same as it is stored: a ``QueuedMessage``, encoded.
    func stored(_ key: QueueKey) throws -> [UInt8]? { try database.queue.value(key.encoded()) }

    /// Progress of a purge that an earlier run or an earlier slice left.
    func progress(_ key: QueueKey) throws -> PurgeProgress { try database.meta.progress.value(key) ?? PurgeProgress() }

    /// Notes progress.
    func note(_ progress: PurgeProgress, of key: QueueKey, into change: inout Change) {
        database.meta.progress.put(key, progress, into: &change)
    }

    /// Takes a message out of the queue.
    ///
    /// After the change is written call ``completed(_:telling:)``.
    func complete(_ key: QueueKey, into change: inout Change) {
        change.delete(key.encoded(), in: database.queue)
        database.meta.progress.delete(key, from: &change)
    }

    /// Counts messages as done, now that this is durable; returns those that were still in the queue, and not dropped
    /// by a restart.
    ///
    /// - Parameter telling: called with them before anybody can see that they are done. What an acknowledgement tells
    ///   as applied comes with what it removed: whoever waits for the confirmation reads the numbers right after it.
    @discardableResult
    func completed(_ keys: [QueueKey], telling: (Set<QueueKey>) -> Void = { _ in }) -> Set<QueueKey> {
        defer { standing?.applied(keys) }
        return state.withLock { state in
            var counted: Set<QueueKey> = []
            for key in keys where state.open.remove(key) != nil {
                state.trackers[key.partition]?.complete(key.offset)
                counted.insert(key)
            }
            telling(counted)
            return counted
        }
    }

    /// Takes note that a partition has nothing below `offset` that is not here: what lies before it is no message, such
    /// as the marker at the end of a transaction.
    ///
    /// That is kept: else it would look after a restart as if something had stood there, when Kafka drops it.
    func reachedEnd(_ partition: Int32, at offset: Int64) throws {
        let (next, epoch) = state.withLock { ($0.trackers[partition]?.next, $0.epochs[partition] ?? 0) }
        if let next, next < offset {
            try database.write {
                database.meta.positions.put(partition, QueuePlace(epoch: epoch, offset: offset), into: &$0)
            }
        }
        state.withLock { state in
            state.trackers[partition]?.skip(to: offset)
            state.highWatermarks[partition] = max(state.highWatermarks[partition] ?? 0, offset)
        }
    }

    // MARK: The tier above

    /// Has purges wait that are applied here, until the tier above has applied them too.
    ///
    /// They stay in the queue on disk: after a restart they are applied from the beginning.
    func hold(_ purges: [Taken]) {
        state.withLock { state in
            for purge in purges { state.hold(purge) }
        }
    }

    /// Takes in what a collector tells of a tier; returns whether there is something to do by it.
    func hear(_ word: TierWord) -> Bool {
        let now = clock.instant
        return state.withLock { state in
            let lateFills = state.above?.lateFills
            state.above?.hear(word, marks: state.marks, now: now)
            return state.release() || state.above?.lateFills != lateFills
        }
    }

    /// How things stand with the tier above; nil where the caches fill from the origin.
    var tier: TierStanding? { state.withLock { $0.tier } }

    // MARK: Telling

    /// Whether a purge was old when it was fetched, so that objects stored since then are newer than it.
    func isLate(_ key: QueueKey) -> Bool {
        state.withLock { key.offset < ($0.liveFrom[key.partition] ?? .max) }
    }

    /// Whether a purge leaves alone what was stored long after it was accepted.
    ///
    /// Where caches fill from others nobody knows what these had by then.
    func sparesNewer(_ key: QueueKey) -> Bool { !fillsFromTier && isLate(key) }

    /// How far each partition has got.
    func progress() -> [PartitionProgress] {
        // Whatever is in here was among the standing purges before: a look that is older than it would not speak of it.
        state.withLock { $0.progress(isEffective: standing?.isEffective == true) }
    }

    /// The oldest entry of each partition that has one which is not completed.
    func firstOpen() -> [QueueKey] {
        state.withLock { state in
            state.trackers.filter { $0.value.pendingCount > 0 }.map { partition, tracker in
                QueueKey(partition: partition, epoch: state.epochs[partition] ?? 0, offset: tracker.applied)
            }
        }
    }

    /// How far each partition has been applied without a gap.
    func positions() -> [QueuePosition] {
        state.withLock { state in
            state.trackers.sorted { $0.key < $1.key }.map { partition, tracker in
                QueuePosition(partition: partition, epoch: state.epochs[partition] ?? 0, offset: tracker.applied)
            }
        }
    }

    /// The entry of the same partition that is oldest after this one and not completed.
    func nextOpen(after key: QueueKey) -> QueueKey? {
        state.withLock { state in
            let isNext = { (other: QueueKey) in other.partition == key.partition && other > key }
            return (state.open.filter(isNext) + state.held.keys.filter(isNext)).min()
        }
    }

    /// How far reading has come in each partition that is read, and which purge has waited for longest.
    func readings() -> [Int32: PartitionReading] { state.withLock { $0.readings() } }

    /// Whether there are purges that nobody has taken.
    var hasPurges: Bool { state.withLock { !$0.purges.isEmpty } }

    /// Messages waiting or being worked on.
    var count: Int { state.withLock { $0.open.count + $0.held.count } }

    /// Whether everything is done that was in Kafka when the partitions were assigned, and nothing in Kafka has waited
    /// for long to be read.
    var isCaughtUp: Bool {
        let now = clock.instant
        return state.withLock { state in
            !state.liveFrom.isEmpty && state.uncertain.isEmpty
                && !state.liveFrom.keys.contains { partition in
                    state.unread(partition).map { $0.since.duration(to: now) >= Self.unreadMax } ?? false
                }
                && state.liveFrom.allSatisfy { partition, live in state.hasApplied(partition, to: live) }
        }
    }
}
