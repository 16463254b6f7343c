import PurgeModel
import Testing

@Suite struct ClockDifferenceTests {
    @Test func `the one in the middle counts`() throws {
        #expect(ClockDifference(delays: []) == nil)
        let alone = try #require(ClockDifference(delays: [.milliseconds(5), .seconds(900), .zero]))
        #expect(alone.ahead == .milliseconds(5) && alone.isUsual)
        let behind = try #require(ClockDifference(delays: [.seconds(-65), .seconds(-64), .seconds(-66)]))
        #expect(behind.ahead == .seconds(-65) && !behind.isUsual)
        #expect(behind.isBeyond(.seconds(60)) && !behind.isBeyond(.seconds(65)))
        #expect(behind.text == "1 min 5 s behind")
        #expect(ClockDifference(delays: [.milliseconds(3500)])?.text == "3.5 s ahead of")
    }
}
