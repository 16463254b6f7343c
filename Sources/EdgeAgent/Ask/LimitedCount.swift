import Synchronization

/// What all connections have at once of something, up to a limit.
final class LimitedCount: Sendable {
    private let max: Int
    private let count = Atomic(0)

    init(max: Int) { self.max = max }

    /// Counts more of it; false, and nothing is counted, where there is no room.
    func add(_ amount: Int) -> Bool {
        if count.add(amount, ordering: .relaxed).newValue <= max { return true }
        remove(amount)
        return false
    }

    /// So much of what was counted is over.
    func remove(_ amount: Int) { count.subtract(amount, ordering: .relaxed) }
}
