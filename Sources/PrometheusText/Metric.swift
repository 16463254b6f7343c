/// What one metric is: declared once, used for writing it and for documenting it.
package struct Metric: Sendable, Hashable {
    /// Lower case, with its unit (`_seconds`, `_bytes`), counters with `_total` at the end.
    package let name: String
    package let type: MetricType
    /// Names of its labels, in the order in which values are given.
    package let labels: [String]
    /// One sentence for people.
    package let help: String

    /// A number that only rises.
    package static func counter(_ name: String, labels: [String] = [], _ help: String) -> Metric {
        Metric(name: name, type: .counter, labels: labels, help: help)
    }

    /// A number that rises and falls.
    package static func gauge(_ name: String, labels: [String] = [], _ help: String) -> Metric {
        Metric(name: name, type: .gauge, labels: labels, help: help)
    }

    /// Observations in buckets; see ``Histogram``.
    package static func histogram(_ name: String, labels: [String] = [], _ help: String) -> Metric {
        Metric(name: name, type: .histogram, labels: labels, help: help)
    }
}
