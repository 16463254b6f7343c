import PrometheusText
import Testing

struct MetricCatalogueTests {
    @Test func `a sound catalogue has no problems`() {
        let catalogue = MetricCatalogue([
            .counter("a_total", labels: ["b"], "Help."), .gauge("c_bytes", "Help."), .histogram("d_seconds", "Help."),
        ])
        #expect(catalogue.problems.isEmpty)
        #expect(
            catalogue.sampleNames == ["a_total", "c_bytes", "d_seconds_bucket", "d_seconds_sum", "d_seconds_count"])
        #expect(catalogue.listItems.first == "- `a_total` (counter; `b`): Help.")
    }

    @Test(arguments: [
        Metric.counter("a", "Help."), .gauge("a_total", "Help."), .gauge("A", "Help."), .gauge("", "Help."),
        .gauge("a", labels: ["__a"], "Help."), .gauge("a", labels: ["a-b"], "Help."), .gauge("a", "No sentence"),
        .histogram("a", labels: ["le"], "Help."), .gauge("1a", "Help."),
    ])
    func `each broken rule is named`(metric: Metric) {
        #expect(MetricCatalogue([metric]).problems.count == 1)
    }

    @Test func `a name that is there twice is named`() {
        let metric = Metric.gauge("a", "Help.")
        #expect(MetricCatalogue([metric, metric]).problems == ["a is there twice"])
    }
}
