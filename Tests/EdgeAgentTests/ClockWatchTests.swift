import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// How an agent notices that its clock, or that of those who purge, is wrong.
@Suite struct ClockWatchTests {
    private let clock = TestClock(.stands)

    /// So many messages, each of which was sent so long before it is heard.
    private func hear(_ watch: inout ClockWatch, _ count: Int, delay: Duration, spacing: Duration = .seconds(30)) {
        for _ in 0..<count {
            clock.advance(by: spacing)
            watch.heard(clock.now.advanced(by: .zero - delay), at: clock.instant)
        }
    }

    @Test func `nothing is known before some messages have come`() {
        var watch = ClockWatch()
        hear(&watch, 3, delay: .milliseconds(2))
        #expect(watch.difference(clock) == nil)
        hear(&watch, 1, delay: .milliseconds(2))
        #expect(watch.difference(clock)?.ahead == .milliseconds(2))
    }

    @Test func `a clock that was set right is right at once`() {
        var watch = ClockWatch()
        hear(&watch, 8, delay: .seconds(-100))
        #expect(watch.difference(clock)?.ahead == .seconds(-100))
        clock.setWall(ahead: .seconds(100))
        #expect(watch.difference(clock)?.ahead == .zero)
    }

    /// Attack: an agent that was cut off gets what waited for it all at once, and each is minutes old.
    @Test func `what was late together counts once`() {
        var watch = ClockWatch()
        hear(&watch, 4, delay: .zero)
        hear(&watch, 1, delay: .seconds(300))
        hear(&watch, 50, delay: .seconds(300), spacing: .milliseconds(1))
        #expect(watch.difference(clock)?.ahead == .zero)
    }

    // MARK: In the agent

    @Test func `a clock that is far off is a problem until it is set right`() throws {
        let fixture = try IntakeFixture()
        func purges(_ count: Int, at offset: Duration) throws {
            for _ in 0..<count {
                try fixture.rounds(5, .seconds(3))
                try fixture.topic.append(["a"], at: fixture.clock.now.advanced(by: offset))
                try fixture.rounds()
                try fixture.apply()
            }
        }
        // The first ones were there before anybody waited for them.
        try fixture.topic.append(["x", "y"])
        try purges(3, at: .seconds(90))
        #expect(fixture.board.clock == nil && fixture.board.problem == nil)
        try purges(2, at: .seconds(90))
        let problem = try #require(fixture.board.problem)
        #expect(problem.contains("is 1 min") && problem.contains("behind the times in Kafka's messages"), "\(problem)")
        #expect(problem.contains("guard.clock_skew_max (1m)"), "\(problem)")
        fixture.clock.setWall(ahead: .seconds(90))
        try fixture.rounds(5, .seconds(1))
        #expect(fixture.board.problem == nil)
        #expect(fixture.board.clock?.isUsual == true, "\(String(describing: fixture.board.clock))")
    }

    @Test func `the metric is there when something is known`() throws {
        let fixture = try MetricsFixture()
        #expect(!(try fixture.report.text()).contains("\nedge_purge_agent_clock_ahead_seconds "))
        fixture.board.tell(ClockDifference(delays: [.milliseconds(-61_500)]), limit: .seconds(60))
        #expect(try fixture.report.text().contains("\nedge_purge_agent_clock_ahead_seconds -61.5\n"))
        #expect(fixture.board.problem?.hasPrefix("the clock of this machine is 1 min 1 s behind") == true)
    }
}
