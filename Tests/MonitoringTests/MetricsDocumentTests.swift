import ControlPlane
import EdgeAgent
import PrometheusText
import Testing

/// docs/metrics.md lists every metric, in the words of the program.
struct MetricsDocumentTests {
    /// The items of the list below a heading, each on one line.
    private func items(below heading: String, of document: String) -> [String] {
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let section = lines.drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
        var items: [String] = []
        for line in section {
            if line.hasPrefix("- `") {
                items.append(line)
            } else if line.hasPrefix("  "), let last = items.indices.last {
                items[last] += line.dropFirst()
            }
        }
        return items
    }

    @Test(arguments: [("## Agent", AgentMetrics.catalogue), ("## Control plane", ControlMetrics.catalogue)])
    func `the document lists every metric as the program declares it`(
        heading: String, catalogue: MetricCatalogue
    ) throws {
        let document = try MonitoringFiles.text("docs/metrics.md")
        let expected = catalogue.listItems
        #expect(
            items(below: heading, of: document) == expected,
            "the list below \(heading) should be:\n\(expected.joined(separator: "\n"))")
    }
}
