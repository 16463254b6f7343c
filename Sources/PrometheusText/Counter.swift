import Synchronization

/// A number that only rises, counted from any thread.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    /// Begins at 0.
    package init() {}

    /// What was counted so far.
    package var value: Int { count.load(ordering: .relaxed) }

    /// Counts one more, or several.
    package func increment(by step: Int = 1) {
        count.wrappingAdd(max(0, step), ordering: .relaxed)
    }
}
