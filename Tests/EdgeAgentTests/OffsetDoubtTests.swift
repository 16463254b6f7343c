import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct OffsetDoubtTests {
    private let start = ContinuousClock.now
    private let marks: MessageMarks = {
        var marks = MessageMarks()
        for offset in 0..<100 { marks.add(MessageMark(offset: Int64(offset), fingerprint: UInt64(offset))) }
        return marks
    }()

    private func doubt() -> OffsetDoubt { OffsetDoubt(offset: 100, since: start) }

    @Test func `the beginning of a partition only moves up, so what lies below it is gone`() {
        var doubt = doubt()
        #expect(doubt.judge(Watermarks(low: 101, high: 200), marks: marks, now: start) == .missed)
    }

    @Test(arguments: [(0, 100), (100, 100), (100, 200), (0, 101)])
    func `an offset within the ends is there`(low: Int64, high: Int64) {
        var doubt = doubt()
        #expect(doubt.judge(Watermarks(low: low, high: high), marks: marks, now: start) == .falseAlarm)
    }

    @Test func `an offset beyond the end is believed to be gone only after a while, and several looks`() {
        var doubt = doubt()
        let range = Watermarks(low: 0, high: 0)
        #expect(doubt.judge(range, marks: marks, now: start) == .unsure)
        #expect(doubt.judge(range, marks: marks, now: start + .seconds(60)) == .unsure, "after two looks")
        for look in 0..<2 { _ = doubt.judge(range, marks: marks, now: start + .seconds(61 + look)) }
        #expect(doubt.judge(range, marks: marks, now: start + .seconds(63)) == .missed)

        var patient = OffsetDoubt(offset: 100, since: start)
        for second in 0..<15 {
            #expect(patient.judge(range, marks: marks, now: start + .seconds(second)) == .unsure)
        }
        #expect(patient.judge(range, marks: marks, now: start + .seconds(15)) == .missed)
    }

    @Test func `it is enough that one answer has the offset`() {
        var doubt = doubt()
        for second in 0..<14 {
            _ = doubt.judge(Watermarks(low: 0, high: 0), marks: marks, now: start + .seconds(second))
        }
        #expect(doubt.judge(Watermarks(low: 0, high: 100), marks: marks, now: start + .seconds(20)) == .falseAlarm)
    }

    @Test func `a message that can still be read is compared, once`() throws {
        var doubt = doubt()
        let range = Watermarks(low: 0, high: 90)
        guard case .compare(let mark) = doubt.judge(range, marks: marks, now: start) else {
            Issue.record("nothing is compared")
            return
        }
        #expect(mark.offset < 90)
        #expect(doubt.judge(range, marks: marks, now: start + .seconds(1)) == .unsure)
    }

    @Test func `looks come once a second, those without an answer too`() {
        var doubt = doubt()
        #expect(doubt.isLookDue(start))
        doubt.lookFailed(start)
        #expect(!doubt.isLookDue(start + .milliseconds(900)))
        #expect(doubt.isLookDue(start + .seconds(1)))
    }
}
