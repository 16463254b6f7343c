/// Writes metrics in Prometheus' text format, version 0.0.4.
///
/// Each metric is written by one call, with all its samples: the format wants them together.
package struct MetricWriter: Sendable {
    /// The `Content-Type` of the text.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What has been written.
    package private(set) var text = ""

    /// Begins with nothing.
    package init() {}

    /// One sample without labels.
    package mutating func write(_ metric: Metric, _ value: some MetricValue) {
        write(metric, [([], value)])
    }

    /// One sample for each set of label values, which are in the order of the metric's labels.
    ///
    /// Each set must be there once only.
    package mutating func write(_ metric: Metric, _ samples: [(labels: [String], value: some MetricValue)]) {
        begin(metric)
        for sample in samples {
            line(metric.name, names: metric.labels, values: sample.labels, value: sample.value.metricText)
        }
    }

    /// A histogram without labels.
    package mutating func write(_ metric: Metric, _ histogram: HistogramSnapshot) {
        write(metric, [([], histogram)])
    }

    /// One histogram for each set of label values.
    package mutating func write(_ metric: Metric, _ histograms: [(labels: [String], value: HistogramSnapshot)]) {
        begin(metric)
        let names = metric.labels + ["le"]
        for (labels, histogram) in histograms {
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                line(
                    metric.name + "_bucket", names: names, values: labels + [bound.metricText], value: count.metricText)
            }
            line(metric.name + "_bucket", names: names, values: labels + ["+Inf"], value: histogram.count.metricText)
            line(metric.name + "_sum", names: metric.labels, values: labels, value: histogram.sum.metricText)
            line(metric.name + "_count", names: metric.labels, values: labels, value: histogram.count.metricText)
        }
    }

    /// Of several named states, 1 for the one that holds and 0 for the others; the state is the metric's last label.
    package mutating func writeStates(_ metric: Metric, _ states: [String], current: String) {
        write(metric, states.map { ([$0], $0 == current ? 1 : 0) })
    }

    private mutating func begin(_ metric: Metric) {
        text += "# HELP \(metric.name) "
        append(metric.help, escapingQuotes: false)
        text += "\n# TYPE \(metric.name) \(metric.type.rawValue)\n"
    }

    private mutating func line(_ name: String, names: [String], values: [String], value: String) {
        text += name
        var separator = "{"
        for (label, labelValue) in zip(names, values) {
            text += "\(separator)\(label)=\""
            append(labelValue, escapingQuotes: true)
            text += "\""
            separator = ","
        }
        if separator == "," { text += "}" }
        text += " \(value)\n"
    }

    private mutating func append(_ raw: String, escapingQuotes: Bool) {
        // By scalars: a line end of two characters is one `Character`.
        for scalar in raw.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\"" where escapingQuotes: text += "\\\""
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
