import Synchronization

/// Connections that are open at once, up to a limit.
final class ConnectionCount: Sendable {
    private let max: Int
    private let count = Atomic(0)

    init(max: Int) { self.max = max }

    /// Counts one more; false where there is no room.
    func begin() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= max { return true }
        end()
        return false
    }

    /// One that was begun is closed.
    func end() { count.subtract(1, ordering: .relaxed) }
}
