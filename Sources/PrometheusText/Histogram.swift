import Synchronization

/// Counts observations in fixed buckets, from any thread.
package final class Histogram: Sendable {
    private struct State {
        var counts: [Int]
        var sum: Double = 0
    }

    /// Bounds for durations in seconds, from half a millisecond to a minute.
    package static let durations: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: upper ends of the buckets; put in order, and those that are no number left out.
    package init(bounds: [Double] = Histogram.durations) {
        let sorted = Set(bounds.filter(\.isFinite)).sorted()
        self.bounds = sorted
        state = Mutex(State(counts: Array(repeating: 0, count: sorted.count + 1)))
    }

    /// Counts one observation.
    ///
    /// What is no number is left out: it would spoil the sum for ever.
    package func observe(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    /// Counts a duration, in seconds.
    package func observe(_ duration: Duration) {
        observe(duration.seconds)
    }

    /// What was observed so far.
    package var snapshot: HistogramSnapshot {
        let state = state.withLock { $0 }
        var total = 0
        let cumulative = state.counts.map { count in
            total += count
            return total
        }
        return HistogramSnapshot(bounds: bounds, counts: cumulative.dropLast(), count: total, sum: state.sum)
    }
}
