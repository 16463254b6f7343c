/// A number that the text format can carry.
package protocol MetricValue: Sendable {
    /// The number as the format writes it.
    var metricText: String { get }
}

extension Int: MetricValue {
    package var metricText: String { description }
}

extension Int64: MetricValue {
    package var metricText: String { description }
}

extension Bool: MetricValue {
    /// 1 when something holds, 0 when not.
    package var metricText: String { self ? "1" : "0" }
}

extension Double: MetricValue {
    package var metricText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        // Shorter, and what every other client writes.
        if let whole = Int64(exactly: self), magnitude < 1e15 { return whole.description }
        return description
    }
}

extension Duration: MetricValue {
    /// In seconds.
    package var metricText: String { seconds.metricText }

    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
