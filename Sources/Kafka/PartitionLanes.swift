/// What was fetched and not handed out yet: a lane for each partition, and they take turns.
///
/// librdkafka hands out what it fetched in the order in which it came, so one partition with a lot would go before the
/// single message of another one that came a moment later.
struct PartitionLanes {
    private var lanes: [Int32: Lane] = [:]
    /// Partitions with something in their lanes, whose turn it is first.
    private var turns: [Int32] = []

    /// Bytes that a lane gives in its turn, about; at least one event.
    private static let turnMax = 32 << 10
    /// Of a message beside its key and value, about.
    private static let overhead = 64

    private struct Lane {
        private var events: [ConsumerEvent] = []
        /// The next of `events`.
        private var next = 0
        private(set) var bytes = 0

        var isEmpty: Bool { next == events.count }

        mutating func add(_ event: ConsumerEvent) {
            events.append(event)
            bytes += PartitionLanes.size(event)
        }

        mutating func take() -> ConsumerEvent {
            let event = events[next]
            bytes -= PartitionLanes.size(event)
            next += 1
            if isEmpty { self = Lane() }
            return event
        }
    }

    /// Puts an event at the end of its partition's lane.
    mutating func add(_ event: ConsumerEvent, of partition: Int32) {
        let wasEmpty = lanes[partition, default: Lane()].isEmpty
        lanes[partition, default: Lane()].add(event)
        if wasEmpty { turns.append(partition) }
    }

    /// Bytes of the messages of all partitions that are not among `paused`.
    func bytes(except paused: Set<Int32>) -> Int {
        lanes.reduce(0) { paused.contains($1.key) ? $0 : $0 + $1.value.bytes }
    }

    /// Whether there is something of a partition that is not among `paused`.
    func hasSome(except paused: Set<Int32>) -> Bool { turns.contains { !paused.contains($0) } }

    /// Takes events in turns until they are `messagesMax`, or have so many bytes.
    ///
    /// - Parameter paused: partitions whose lanes keep what they have.
    mutating func take(messagesMax: Int, bytesMax: Int, except paused: Set<Int32>) -> [ConsumerEvent] {
        var taken: [ConsumerEvent] = []
        var left = bytesMax
        while left > 0, taken.count < messagesMax, let turn = turns.firstIndex(where: { !paused.contains($0) }) {
            let partition = turns.remove(at: turn)
            guard var lane = lanes.removeValue(forKey: partition) else { continue }
            var ofTurn = min(left, Self.turnMax)
            while ofTurn > 0, taken.count < messagesMax, !lane.isEmpty {
                let event = lane.take()
                let size = Self.size(event)
                (left, ofTurn) = (left - size, ofTurn - size)
                taken.append(event)
            }
            guard !lane.isEmpty else { continue }
            lanes[partition] = lane
            turns.append(partition)
        }
        return taken
    }

    /// Forgets what there is of a partition: it is read from another place.
    mutating func drop(_ partition: Int32) {
        lanes[partition] = nil
        turns.removeAll { $0 == partition }
    }

    private static func size(_ event: ConsumerEvent) -> Int {
        guard case .message(let message) = event else { return overhead }
        return message.headers.reduce(overhead + (message.key?.count ?? 0) + (message.value?.count ?? 0)) {
            $0 + $1.name.utf8.count + ($1.value?.count ?? 0)
        }
    }
}
