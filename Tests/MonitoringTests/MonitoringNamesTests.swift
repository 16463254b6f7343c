import ControlPlane
import EdgeAgent
import Foundation
import PrometheusText
import Testing

/// What rules and dashboard ask for must be there.
struct MonitoringNamesTests {
    private static let known = AgentMetrics.catalogue.sampleNames.union(ControlMetrics.catalogue.sampleNames)

    private func names(in text: String) -> Set<String> {
        Set(text.matches(of: /\b(edge_purge|process)_[a-z0-9_]+/).map { String($0.output.0) })
    }

    @Test(arguments: [
        "deploy/prometheus/edge-purge.rules.yaml", "deploy/prometheus/edge-purge.rules.test.yaml",
        "deploy/grafana/edge-purge.json", "docs/operating/monitoring.md",
    ])
    func `every metric that is named exists`(path: String) throws {
        let names = names(in: try MonitoringFiles.text(path))
        #expect(names.subtracting(Self.known).isEmpty, "\(path) names \(names.subtracting(Self.known))")
    }

    /// Its table leaves out the common prefix.
    @Test func `every metric in the table of limits exists`() throws {
        let document = try MonitoringFiles.text("docs/guarantees.md")
        let metrics = Set((AgentMetrics.catalogue.metrics + ControlMetrics.catalogue.metrics).map(\.name))
        let names = document.matches(of: /`((?:agent|control)_[a-z_]+)/).map { "edge_purge_\($0.output.1)" }
        #expect(names.count >= 10)
        #expect(Set(names).subtracting(metrics).isEmpty, "there is no \(Set(names).subtracting(metrics))")
    }

    @Test func `every alert is tried, and told in the documents`() throws {
        let rules = try MonitoringFiles.text("deploy/prometheus/edge-purge.rules.yaml")
        let tests = try MonitoringFiles.text("deploy/prometheus/edge-purge.rules.test.yaml")
        let document = try MonitoringFiles.text("docs/metrics.md")
        let alerts = rules.matches(of: /alert: (\w+)/).map { String($0.output.1) }
        #expect(alerts.count >= 10)
        for alert in alerts {
            #expect(tests.contains("alertname: \(alert)\n        exp_alerts:"), "no test lets \(alert) fire")
            #expect(tests.contains("alertname: \(alert)}"), "no test keeps \(alert) quiet")
            #expect(document.contains("`\(alert)`"), "docs/metrics.md does not explain \(alert)")
        }
    }
}
