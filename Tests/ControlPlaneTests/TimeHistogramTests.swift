import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

struct TimeHistogramTests {
    @Test func `percentiles are those of the sorted list, exact below 256 ms and within half a percent above`() {
        let seed: UInt64 = 71
        var generator = SeededGenerator(seed: seed)
        for round in 0..<300 {
            let exponent = Int.random(in: 0..<34, using: &generator)
            var sum = TimeHistogram()
            var part = TimeHistogram()
            var list: [UInt64] = []
            for _ in 0..<Int.random(in: 1...60, using: &generator) {
                let value = UInt64.random(in: 0...(1 << UInt64(exponent)), using: &generator)
                list.append(value)
                if generator.once(in: 2) { sum.add(value) } else { part.add(value) }
            }
            sum.add(part)
            list.sort()
            #expect(sum.count == UInt64(list.count) && sum.max == list.last)
            for share in [0.01, 0.5, 0.9, 0.99, 1] {
                let exact = min(list[max(1, Int((share * Double(list.count)).rounded(.up))) - 1], TimeHistogram.longest)
                let found = sum.percentile(share) ?? .max
                let error = Double(found > exact ? found - exact : exact - found)
                let allowed = exact < 256 ? 0 : Double(exact) * 0.005
                #expect(error <= allowed, "seed \(seed) round \(round): \(found) for \(exact)")
            }
        }
        #expect(TimeHistogram().percentile(0.5) == nil)
    }

    @Test func `what is stored is read again, and nothing else`() throws {
        var generator = SeededGenerator(seed: 72)
        var histogram = TimeHistogram()
        for _ in 0..<1000 { histogram.add(.random(in: 0...100_000, using: &generator)) }
        let bytes = HistoryValues.times(histogram)
        #expect(try HistoryValues.times(bytes) == histogram)
        #expect(throws: (any Error).self) { try HistoryValues.times(Array(bytes.dropLast())) }
        #expect(throws: (any Error).self) { try HistoryValues.times(bytes + [0, 1]) }
    }

    @Test func `a day of minutes is kept, and a clock that jumps cannot make it more`() {
        var times = ConfirmationTimes()
        for minute in 0..<3000 {
            times.add(.milliseconds(minute), confirmedAt: Timestamp(milliseconds: Int64(minute) * 60_000 - 1))
        }
        #expect(times.minutes.count == ConfirmationTimes.minutesMax)
        #expect(times.minutes.keys.max() == 2998)
    }

    @Test func `a report has every step, and adds up`() throws {
        var times = ConfirmationTimes()
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        for minutesAgo in [0, 0, 1, 59, 61, 600] {
            times.add(.milliseconds(20 + minutesAgo), confirmedAt: now.advanced(by: .seconds(-60 * minutesAgo)))
        }
        let hour = TimesWindow.hour.report(times, now: now)
        #expect(hour.points.count == 60 && hour.count == 4 && hour.stepS == 60 && hour.windowS == 3600)
        #expect(hour.points.last?.count == 2 && hour.points.last?.p50Ms == 20 && hour.maxMs == 79)
        let day = TimesWindow.day.report(times, now: now)
        #expect(day.points.count == 96 && day.count == 6 && day.stepS == 900)
        #expect(day.points.reduce(0) { $0 + $1.count } == 6)
        #expect(TimesWindow.day.report(ConfirmationTimes(), now: now).p50Ms == nil)
    }
}
