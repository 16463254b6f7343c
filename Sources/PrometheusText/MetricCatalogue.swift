/// Every metric of one program, in the order in which they are written and documented.
package struct MetricCatalogue: Sendable {
    package let metrics: [Metric]

    /// Collects metrics; whether they keep to the rules is what ``problems`` tells.
    package init(_ metrics: [Metric]) {
        self.metrics = metrics
    }

    /// All names under which samples appear, with those that a histogram has besides its own.
    package var sampleNames: Set<String> {
        Set(
            metrics.flatMap { metric in
                metric.type == .histogram ? ["_bucket", "_sum", "_count"].map { metric.name + $0 } : [metric.name]
            })
    }

    /// What is wrong with the declarations, for a test to show; empty when nothing is.
    package var problems: [String] {
        var problems: [String] = []
        var seen: Set<String> = []
        for metric in metrics {
            if !seen.insert(metric.name).inserted { problems.append("\(metric.name) is there twice") }
            for name in [metric.name] + metric.labels where !Self.isName(name) {
                problems.append("\(metric.name): '\(name)' is no name")
            }
            if (metric.type == .counter) != metric.name.hasSuffix("_total") {
                problems.append("\(metric.name): counters, and only they, end in _total")
            }
            if metric.type == .histogram, metric.labels.contains("le") {
                problems.append("\(metric.name): a histogram's own label is le")
            }
            if !metric.help.hasSuffix(".") { problems.append("\(metric.name): the help is no sentence") }
        }
        return problems
    }

    /// The items of a Markdown list, one a metric, not wrapped: name, type, labels, help.
    package var listItems: [String] {
        metrics.map { metric in
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            let kind = labels.isEmpty ? metric.type.rawValue : "\(metric.type.rawValue); \(labels)"
            return "- `\(metric.name)` (\(kind)): \(metric.help)"
        }
    }

    /// Stricter than the format, which also allows capitals and, for metrics, colons.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !name.hasPrefix("__") else { return false }
        let isLower = { (byte: UInt8) in byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte) }
        return isLower(first)
            && name.utf8.allSatisfy { isLower($0) || (UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) }
    }
}
