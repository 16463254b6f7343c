import PurgeModel
import TestSupport
import Testing

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
        ("7d", .seconds(604_800)), ("0", .zero), ("0s", .zero), ("007s", .seconds(7)),
    ])
    func `a whole number and a unit is a duration`(text: String, expected: Duration) {
        #expect(DurationText.duration(text) == expected)
    }

    @Test(arguments: [
        "", "s", "10", "-5s", "+5s", "1.5s", "10 s", " 10s", "10s ", "10S", "10sec", "1h30m", "٣s",
        "99999999999999999999s",
        "9223372036854775807d", "100000d", "0x10s", "1_000s",
    ])
    func `anything else is none`(text: String) {
        #expect(DurationText.duration(text) == nil)
    }

    @Test func `what is written is read back, in the largest exact unit`() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let unit: Int64 = [1, 1000, 60_000, 3_600_000, 86_400_000].randomElement(using: &generator) ?? 1
            let duration = Duration.milliseconds(Int64.random(in: 0...1000, using: &generator) * unit)
            let text = DurationText.text(duration)
            #expect(DurationText.duration(text) == duration, "seed \(seed): \(text)")
        }
        #expect(DurationText.text(.seconds(60)) == "1m")
        #expect(DurationText.text(.seconds(90)) == "90s")
        #expect(DurationText.text(.milliseconds(1500)) == "1500ms")
        #expect(DurationText.text(.zero) == "0s")
    }

    @Test(arguments: [
        (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (59_999, "59.9 s"), (60_000, "1 min 0 s"),
        (3_599_999, "59 min 59 s"),
        (7_500_000, "2 h 5 min"),
    ])
    func `people get two figures`(milliseconds: Int64, expected: String) {
        #expect(DurationText.approximate(milliseconds: milliseconds) == expected)
    }
}
