import DequeModule

/// The purges that are to be applied once more, oldest first.
struct PurgeRepeats: Sendable {
    private var waiting: Deque<PurgeRepeat> = []
    private var keys: Set<QueueKey> = []

    var isEmpty: Bool { waiting.isEmpty }

    func contains(_ key: QueueKey) -> Bool { keys.contains(key) }

    mutating func append(_ one: PurgeRepeat) {
        waiting.append(one)
        keys.insert(one.key)
    }

    /// Takes the oldest, at most `limit`.
    mutating func take(_ limit: Int) -> [PurgeRepeat] {
        let taken = Array(waiting.prefix(max(0, limit)))
        waiting.removeFirst(taken.count)
        for one in taken { keys.remove(one.key) }
        return taken
    }
}
