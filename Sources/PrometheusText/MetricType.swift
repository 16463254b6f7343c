/// What kind of number a metric is, in the words of the text format.
package enum MetricType: String, Sendable, Hashable {
    /// Only rises, until the process ends.
    case counter
    /// Rises and falls.
    case gauge
    /// Observations counted in buckets.
    case histogram
}
