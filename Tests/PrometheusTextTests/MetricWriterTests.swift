import PrometheusText
import Testing

struct MetricWriterTests {
    private let plain = Metric.gauge("room_celsius", "How warm it is.")
    private let labelled = Metric.counter("visits_total", labels: ["page", "method"], "Visits.")
    private let times = Metric.histogram("answer_seconds", labels: ["page"], "How long answers took.")

    private func lines(_ body: (inout MetricWriter) -> Void) -> [String] {
        var writer = MetricWriter()
        body(&writer)
        return writer.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func `a metric has its help and its type before it, and a line end after it`() {
        let lines = lines { $0.write(plain, 21) }
        #expect(lines == ["# HELP room_celsius How warm it is.", "# TYPE room_celsius gauge", "room_celsius 21", ""])
    }

    @Test func `samples of one metric stand together, with their labels in order`() {
        let lines = lines { $0.write(labelled, [(["a", "GET"], 1), (["b", "PUT"], 2)]) }
        #expect(
            lines.dropFirst(2) == [
                #"visits_total{page="a",method="GET"} 1"#, #"visits_total{page="b",method="PUT"} 2"#, "",
            ])
    }

    @Test func `what would end a label early is escaped`() {
        let lines = lines { $0.write(labelled, [(["\\ \" \n \r\n é \u{0}", "}"], 1)]) }
        let expected = "visits_total{page=\"\\\\ \\\" \\n \r\\n é \u{0}\",method=\"}\"} 1"
        #expect(lines[2].unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    @Test func `help keeps its quotes and loses its line ends`() {
        let metric = Metric.gauge("x", "a \"b\"\nc\\d")
        #expect(lines { $0.write(metric, 0) }[0] == #"# HELP x a "b"\nc\\d"#)
    }

    @Test(arguments: [
        (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (0, "0"), (-0.0, "0"), (1, "1"),
        (-3, "-3"), (0.25, "0.25"), (1e-7, "1e-07"), (1e300, "1e+300"), (123_456_789_012, "123456789012"),
    ])
    func `numbers have the form that Go reads`(value: Double, text: String) {
        #expect(lines { $0.write(plain, value) }[2] == "room_celsius \(text)")
    }

    @Test func `durations are seconds and booleans are 0 and 1`() {
        #expect(lines { $0.write(plain, Duration.milliseconds(1500)) }[2] == "room_celsius 1.5")
        #expect(lines { $0.write(plain, true) }[2] == "room_celsius 1")
        #expect(lines { $0.write(plain, false) }[2] == "room_celsius 0")
    }

    @Test func `a histogram has cumulative buckets, a last one without bound, sum and count`() {
        let histogram = Histogram(bounds: [1, 0.5])
        for value in [0.5, 0.75, 2] { histogram.observe(value) }
        let lines = lines { $0.write(times, [(["a"], histogram.snapshot)]) }
        #expect(
            lines.dropFirst(1) == [
                "# TYPE answer_seconds histogram",
                #"answer_seconds_bucket{page="a",le="0.5"} 1"#, #"answer_seconds_bucket{page="a",le="1"} 2"#,
                #"answer_seconds_bucket{page="a",le="+Inf"} 3"#, #"answer_seconds_sum{page="a"} 3.25"#,
                #"answer_seconds_count{page="a"} 3"#, "",
            ])
    }

    @Test func `of several states exactly one is 1`() {
        let metric = Metric.gauge("lamp", labels: ["state"], "The lamp.")
        let lines = lines { $0.writeStates(metric, ["on", "off"], current: "off") }
        #expect(lines.dropFirst(2) == [#"lamp{state="on"} 0"#, #"lamp{state="off"} 1"#, ""])
    }

    @Test func `too few or too many label values do no harm`() {
        let lines = lines { $0.write(labelled, [([], 1), (["a", "b", "c"], 2)]) }
        #expect(lines.dropFirst(2) == ["visits_total 1", #"visits_total{page="a",method="b"} 2"#, ""])
    }
}
