/// A histogram as it was at one moment.
package struct HistogramSnapshot: Sendable, Equatable {
    /// Upper ends of the buckets, rising; the last bucket has none and is not among them.
    package let bounds: [Double]
    /// Observations at most as large as the bound of the same place: each count holds those before it.
    package let counts: [Int]
    /// All observations.
    package let count: Int
    /// Their sum.
    package let sum: Double
}
