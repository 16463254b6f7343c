import DequeModule

/// The guards that are still to stand under the names of other cache keys too: a few each round, for there may be
/// hundreds of thousands.
struct GuardRenaming: Sendable {
    private var waiting: Deque<QueueKey> = []
    /// What has landed meanwhile and no guard named: one that is not renamed yet may mean it.
    private var landed: [ObjectKey] = []

    /// Guards renamed in one round.
    private static let step = 256
    /// Objects remembered; with more of them the rest of the guards is renamed at once.
    private static let landedMax = 65_536

    var isOver: Bool { waiting.isEmpty && landed.isEmpty }

    mutating func begin(_ keys: some Sequence<QueueKey>) { waiting = Deque(keys) }

    /// An object has landed that no guard names; whether one may yet.
    mutating func observe(_ key: ObjectKey) -> Bool {
        guard !waiting.isEmpty else { return false }
        landed.append(key)
        return true
    }

    /// The next guards to be renamed.
    mutating func next() -> [QueueKey] {
        let next = Array(waiting.prefix(landed.count > Self.landedMax ? .max : Self.step))
        waiting.removeFirst(next.count)
        return next
    }

    /// What is to be looked at again once all are renamed.
    mutating func takeLanded() -> [ObjectKey] {
        guard waiting.isEmpty else { return [] }
        defer { landed = [] }
        return landed
    }
}
