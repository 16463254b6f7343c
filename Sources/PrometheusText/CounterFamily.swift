import Synchronization

/// Counters of one metric, told apart by label values.
///
/// The number of sets is bounded: what comes beyond it is counted together, under ``other``.
package final class CounterFamily: Sendable {
    /// The value of every label of what came too late for a set of its own.
    package static let other = "other"

    private let counts = Mutex<[[String]: Int]>([:])
    private let seriesMax: Int

    /// - Parameter seriesMax: sets of label values at most; each is a time series in the memory of whoever scrapes.
    package init(seriesMax: Int = 200) {
        self.seriesMax = seriesMax
    }

    /// Counts one more, or several.
    package func increment(_ labels: [String], by step: Int = 1) {
        counts.withLock { counts in
            let isKnown = counts[labels] != nil || counts.count < seriesMax
            let key = isKnown ? labels : labels.map { _ in Self.other }
            counts[key, default: 0] += max(0, step)
        }
    }

    /// What was counted so far, sorted by label values.
    package var values: [(labels: [String], value: Int)] {
        counts.withLock { counts in
            counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
        }
    }
}
