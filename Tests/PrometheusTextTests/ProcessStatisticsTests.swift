import Testing

@testable import PrometheusText

struct ProcessStatisticsTests {
    private let stat =
        "7 (a) b (c) S 1 7 7 0 -1 4194304 900 0 0 0 150 50 0 0 20 0 12 0 2000 1048576 256 18446744073709551615\n"

    @Test func `a line is read whatever the program is called`() {
        let statistics = ProcessStatistics(stat: stat, bootTime: 1000, ticks: 100, pageBytes: 4096)
        #expect(statistics?.cpuSeconds == 2)
        #expect(statistics?.threads == 12)
        #expect(statistics?.virtualBytes == 1_048_576)
        #expect(statistics?.residentBytes == 1_048_576)
        #expect(statistics?.startTime == 1020)
    }

    @Test func `every part of a line is nil or sound, never a trap`() {
        for count in 0...stat.count {
            _ = ProcessStatistics(stat: String(stat.prefix(count)), bootTime: nil, ticks: 100, pageBytes: 4096)
        }
        #expect(ProcessStatistics(stat: "7 (a) S x", bootTime: nil, ticks: 100, pageBytes: 4096) == nil)
    }

    @Test func `this process has memory, threads, files, and has started`() throws {
        let now = try #require(ProcessStatistics.current())
        #expect(now.residentBytes > 1 << 20)
        #expect(now.threads >= 1)
        #expect((now.openFiles ?? 0) >= 3)
        #expect((now.openFilesMax ?? 0) >= (now.openFiles ?? 0))
        #expect((now.startTime ?? 0) > 1_500_000_000)
    }

    @Test func `all of them are written`() {
        var writer = MetricWriter()
        ProcessMetrics.write(into: &writer)
        for metric in ProcessMetrics.all { #expect(writer.text.contains("\n\(metric.name) "), "\(metric.name)") }
        #expect(MetricCatalogue(ProcessMetrics.all).problems.isEmpty)
    }
}
