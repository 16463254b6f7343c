/// The ends of a partition.
package struct Watermarks: Sendable, Hashable {
    /// Offset of the oldest message there is.
    package var low: Int64
    /// Offset of the next message to be written; equal to `low` when there is none.
    package var high: Int64

    /// Creates watermarks, for tests and simulations.
    package init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}
