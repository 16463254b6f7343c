import PrometheusText
import PurgeModel
import Testing

@testable import EdgeAgent

struct AgentMetricsTests {
    @Test func `the catalogue keeps to the rules`() {
        #expect(AgentMetrics.catalogue.problems.isEmpty, "\(AgentMetrics.catalogue.problems)")
    }

    /// Names of the samples in a text.
    private func names(_ text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { String($0.prefix { $0 != "{" && $0 != " " }) })
    }

    private func declared(_ text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) }
    }

    @Test func `everything that is written is in the catalogue, once, and in its order`() throws {
        let fixture = try MetricsFixture()
        let text = try fixture.report.text()
        let declared = declared(text)
        #expect(Set(declared).count == declared.count)
        let order = AgentMetrics.catalogue.metrics.map(\.name)
        #expect(declared == order.filter(declared.contains))
        // Not before the first acknowledgement.
        #expect(Set(order).subtracting(declared) == [AgentMetrics.acknowledgedAt.name])
        #expect(names(text).isSubset(of: AgentMetrics.catalogue.sampleNames))
    }

    @Test func `purges are counted by what they name and by mode`() throws {
        let fixture = try MetricsFixture()
        let counters = fixture.board.counters
        counters.applied(PurgeKind(try fixture.purge(tags: ["a"])), took: .milliseconds(2))
        counters.applied(PurgeKind(try fixture.purge(tags: ["b"])), took: .milliseconds(2))
        counters.applied(
            PurgeKind(try fixture.purge(tags: ["a"], hosts: ["a.example"], mode: .invalidate)), took: .seconds(90))
        let text = try fixture.report.text()
        #expect(text.contains("\nedge_purge_agent_purges_applied_total{selector=\"tag\",mode=\"delete\"} 2\n"))
        #expect(text.contains("\nedge_purge_agent_purges_applied_total{selector=\"mixed\",mode=\"invalidate\"} 1\n"))
        #expect(text.contains("\nedge_purge_agent_apply_duration_seconds_bucket{le=\"60\"} 2\n"))
        #expect(text.contains("\nedge_purge_agent_apply_duration_seconds_count 3\n"))
    }

    @Test func `exactly one status is 1`() throws {
        let text = try MetricsFixture().report.text()
        let ones = text.split(separator: "\n").filter { $0.hasPrefix("edge_purge_agent_status{") && $0.hasSuffix(" 1") }
        #expect(ones == ["edge_purge_agent_status{status=\"starting\"} 1"])
    }

    @Test func `problems are told by part`() throws {
        let fixture = try MetricsFixture()
        fixture.board.set(problem: "the disk is full", of: .database)
        let text = try fixture.report.text()
        #expect(text.contains("\nedge_purge_agent_problem{part=\"files\"} 1\n"))
        #expect(text.contains("\nedge_purge_agent_problem{part=\"kafka\"} 0\n"))
    }
}
