import PrometheusText
import Testing

struct FamilyTests {
    @Test func `sets of labels beyond the limit are counted together`() {
        let family = CounterFamily(seriesMax: 2)
        for page in ["b", "a", "c", "d", "a"] { family.increment([page, "GET"]) }
        #expect(family.values.map(\.labels) == [["a", "GET"], ["b", "GET"], ["other", "other"]])
        #expect(family.values.map(\.value) == [2, 1, 2])
    }

    @Test func `a counter never falls`() {
        let family = CounterFamily()
        let counter = Counter()
        family.increment(["a"], by: -1)
        counter.increment(by: -1)
        #expect(family.values.map(\.value) == [0])
        #expect(counter.value == 0)
    }

    @Test func `histograms beyond the limit are counted together`() {
        let family = HistogramFamily(bounds: [1], seriesMax: 1)
        for page in ["a", "b", "c"] { family.observe(.zero, [page]) }
        #expect(family.snapshots.map(\.labels) == [["a"], ["other"]])
        #expect(family.snapshots.map(\.value.count) == [1, 2])
    }
}
