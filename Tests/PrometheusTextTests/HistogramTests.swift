import TestSupport
import Testing

@testable import PrometheusText

struct HistogramTests {
    @Test func `an observation at a bound belongs to its bucket`() {
        let histogram = Histogram(bounds: [1, 2])
        histogram.observe(1)
        #expect(histogram.snapshot.counts == [1, 1])
        histogram.observe(1.0000001)
        #expect(histogram.snapshot.counts == [1, 2])
    }

    @Test func `what is no number is left out`() {
        let histogram = Histogram(bounds: [.nan, 1, .infinity, 1])
        for value in [Double.nan, .infinity, -.infinity] { histogram.observe(value) }
        #expect(histogram.snapshot == HistogramSnapshot(bounds: [1], counts: [0], count: 0, sum: 0))
    }

    @Test func `negative durations count in the first bucket`() {
        let histogram = Histogram()
        histogram.observe(.milliseconds(-5))
        #expect(histogram.snapshot.counts.first == 1)
    }

    @Test func `counts rise along the buckets up to the count of all`() {
        var generator = SeededGenerator()
        let histogram = Histogram(bounds: [0.1, 1, 10])
        let values = (0..<1000).map { _ in Double.random(in: -1...20, using: &generator) }
        for value in values { histogram.observe(value) }
        let snapshot = histogram.snapshot
        for (bound, count) in zip(snapshot.bounds, snapshot.counts) {
            #expect(count == values.count { $0 <= bound }, "seed \(generator.seed)")
        }
        #expect(snapshot.count == 1000)
        #expect(abs(snapshot.sum - values.reduce(0, +)) < 1e-6, "seed \(generator.seed)")
    }

    @Test func `observations from many threads are all counted`() async {
        let histogram = Histogram()
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        histogram.observe(.milliseconds(3))
                        counter.increment()
                    }
                }
            }
        }
        #expect(histogram.snapshot.count == 8000)
        #expect(counter.value == 8000)
    }
}
