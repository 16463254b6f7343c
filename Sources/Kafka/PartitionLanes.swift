/// What was fetched and not handed out yet: a lane for each partition, and they take turns.
///
/// librdkafka hands out what it fetched in the order in which it came, so one partition with a lot would go before the
/// single message of another one that came a moment later. A message that is larger than a turn waits until its lane
/// has had as many turns as it takes (deficit round robin, Shreedhar and Varghese 1995), and a lane that had nothing
/// for a while goes first (as in FQ-CoDel, RFC 8290 section 4.2): however many partitions have large messages, a small
/// one waits for one of them at most. And what is handed out with a small one is worked on together with it: so a
/// message that is larger than what is left of the batch begins the next.
struct PartitionLanes {
    private var lanes: [Int32: Lane] = [:]
    /// Partitions whose turn it is first; they may have nothing any more.
    private var turns: [Int32] = []
    /// Partitions that had nothing when it was their turn last: they go before the others, once.
    private var fresh: [Int32] = []

    /// Bytes that a lane may give in a turn.
    private static let turnMax = 32 << 10
    /// Of a message beside its key and value, about.
    private static let overhead = 64

    private struct Lane {
        private var events: [ConsumerEvent] = []
        /// The next of `events`.
        private var next = 0
        private(set) var bytes = 0
        /// Bytes that it may give and has not.
        private var credit = 0

        var isEmpty: Bool { next == events.count }

        /// Bytes of its next event; nil when it may not give it yet.
        var ripeBytes: Int? {
            guard !isEmpty else { return nil }
            let size = PartitionLanes.size(events[next])
            return size <= credit ? size : nil
        }

        /// It is its turn: it may give so many bytes more, and saves up only for an event that is larger.
        mutating func begin(_ bytes: Int) {
            guard !isEmpty else { return }
            credit = min(credit + bytes, max(bytes, PartitionLanes.size(events[next])))
        }

        mutating func add(_ event: ConsumerEvent) {
            events.append(event)
            bytes += PartitionLanes.size(event)
        }

        mutating func take() -> ConsumerEvent {
            let event = events[next]
            let size = PartitionLanes.size(event)
            (bytes, credit) = (bytes - size, credit - size)
            next += 1
            if isEmpty { self = Lane() }
            return event
        }
    }

    /// Puts an event at the end of its partition's lane.
    mutating func add(_ event: ConsumerEvent, of partition: Int32) {
        lanes[partition, default: Lane()].add(event)
        if !turns.contains(partition), !fresh.contains(partition) { fresh.append(partition) }
    }

    /// Bytes of the messages of all partitions that are not among `paused`.
    func bytes(except paused: Set<Int32>) -> Int {
        lanes.reduce(0) { paused.contains($1.key) ? $0 : $0 + $1.value.bytes }
    }

    /// Whether there is something of a partition that is not among `paused`.
    func hasSome(except paused: Set<Int32>) -> Bool { lanes.keys.contains { !paused.contains($0) } }

    /// Takes events in turns until they are `messagesMax`, or until the next one would make them more than `bytesMax`
    /// bytes; one alone may have more.
    ///
    /// - Parameter paused: partitions whose lanes keep what they have.
    mutating func take(messagesMax: Int, bytesMax: Int, except paused: Set<Int32>) -> [ConsumerEvent] {
        var taken: [ConsumerEvent] = []
        var left = bytesMax
        while left > 0, taken.count < messagesMax, hasSome(except: paused), let turn = nextTurn(except: paused) {
            guard var lane = lanes.removeValue(forKey: turn.partition) else { continue }
            lane.begin(Self.turnMax)
            var isFull = false
            while taken.count < messagesMax, let bytes = lane.ripeBytes {
                isFull = !taken.isEmpty && bytes > left
                guard !isFull else { break }
                taken.append(lane.take())
                left -= bytes
            }
            if !lane.isEmpty { lanes[turn.partition] = lane }
            if isFull {
                // It is still its turn.
                turns.insert(turn.partition, at: 0)
                break
            }
            // One that went before others has to wait for them, or nobody else would have a turn.
            if !lane.isEmpty || turn.isFresh { turns.append(turn.partition) }
        }
        return taken
    }

    private mutating func nextTurn(except paused: Set<Int32>) -> (partition: Int32, isFresh: Bool)? {
        if let place = fresh.firstIndex(where: { !paused.contains($0) }) { return (fresh.remove(at: place), true) }
        return turns.firstIndex { !paused.contains($0) }.map { (turns.remove(at: $0), false) }
    }

    /// Forgets what there is of a partition: it is read from another place.
    mutating func drop(_ partition: Int32) {
        lanes[partition] = nil
        turns.removeAll { $0 == partition }
        fresh.removeAll { $0 == partition }
    }

    private static func size(_ event: ConsumerEvent) -> Int {
        guard case .message(let message) = event else { return overhead }
        return message.headers.reduce(overhead + (message.key?.count ?? 0) + (message.value?.count ?? 0)) {
            $0 + $1.name.utf8.count + ($1.value?.count ?? 0)
        }
    }
}
