import Synchronization

/// Histograms of one metric with the same buckets, told apart by label values; bounded as ``CounterFamily`` is.
package final class HistogramFamily: Sendable {
    private let histograms = Mutex<[[String]: Histogram]>([:])
    private let bounds: [Double]
    private let seriesMax: Int

    /// - Parameters:
    ///   - bounds: upper ends of the buckets.
    ///   - seriesMax: sets of label values at most; each is a time series for every bucket.
    package init(bounds: [Double] = Histogram.durations, seriesMax: Int = 50) {
        self.bounds = bounds
        self.seriesMax = seriesMax
    }

    /// Counts one observation.
    package func observe(_ duration: Duration, _ labels: [String]) {
        let histogram = histograms.withLock { histograms in
            let isKnown = histograms[labels] != nil || histograms.count < seriesMax
            let key = isKnown ? labels : labels.map { _ in CounterFamily.other }
            if let known = histograms[key] { return known }
            let new = Histogram(bounds: bounds)
            histograms[key] = new
            return new
        }
        histogram.observe(duration)
    }

    /// What was observed so far, sorted by label values.
    package var snapshots: [(labels: [String], value: HistogramSnapshot)] {
        histograms.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ($0.key, $0.value.snapshot) }
    }
}
