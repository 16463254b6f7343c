import ControlPlane
import EdgeAgent
import PrometheusText
import Testing

/// docs/metrics.md lists every metric, in the words of the program.
struct MetricsDocumentTests {
    /// The rows of the table below a heading.
    private func rows(below heading: String, of document: String) -> [String] {
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let section = lines.drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("| `") }
    }

    @Test(arguments: [("## Agent", AgentMetrics.catalogue), ("## Control plane", ControlMetrics.catalogue)])
    func `the document lists every metric as the program declares it`(
        heading: String, catalogue: MetricCatalogue
    ) throws {
        let document = try MonitoringFiles.text("docs/metrics.md")
        let expected = catalogue.tableRows
        #expect(
            rows(below: heading, of: document) == expected,
            "the table below \(heading) should be:\n\(expected.joined(separator: "\n"))")
    }
}
