@testable import EdgeAgent

extension GuardTable {
    /// Takes away the guard that ends first.
    mutating func removeFirst() { if let first { remove(first.number) } }
}

extension FillGuard {
    /// The first guard that may end by now.
    mutating func ended(_ now: ContinuousClock.Instant) -> GuardTable.Guard? {
        ended(now, limit: 1) { _, _ in false }.first
    }

    /// Takes away the guard that ends first.
    mutating func removeFirst() { if let first = table.first { remove(first.number) } }
}
