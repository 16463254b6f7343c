import PurgeModel
import Testing

@testable import ControlPlane

@Suite struct MarkLogTests {
    private func mark(_ offset: Int64, _ fingerprint: UInt64 = 1) -> MessageMark {
        MessageMark(offset: offset, fingerprint: fingerprint)
    }

    @Test func `another message at an offset is noticed, and an offset that had none`() {
        var log = MarkLog()
        for offset in [3, 4, 9] as [Int64] {
            let isSame = log.add(mark(offset))
            #expect(isSame)
        }
        let result1 = log.add(mark(4))
        #expect(result1)
        let result2 = log.add(mark(4, 2))
        #expect(!result2)
        #expect(log.compare(mark(3)) == .same)
        #expect(log.compare(mark(3, 2)) == .other)
        #expect(log.compare(mark(6)) == .other)
        #expect(log.compare(mark(10)) == .other)
        #expect(log.compare(mark(2)) == .unknown)
        #expect(MarkLog().compare(mark(2)) == .unknown)
        #expect(log.first == mark(3))
        #expect(log.last == mark(9))
    }

    @Test func `the last mark below an offset is found, as far as it is kept`() {
        var log = MarkLog()
        for offset in [3, 4, 9] as [Int64] { _ = log.add(mark(offset)) }
        let below = { (offset: Int64) in log.last(below: offset)?.offset }
        #expect([0, 3, 4, 5, 9, 10, .max].map(below) == [nil, nil, 3, 4, 4, 9, 9])
        #expect(MarkLog().last(below: 5) == nil)
    }

    @Test func `it keeps the newest and no more than twice as many as it says`() {
        var log = MarkLog()
        let count = Int64(5 * MarkLog.countMax)
        for offset in 0..<count {
            let isSame = log.add(mark(offset))
            #expect(isSame)
        }
        #expect(log.compare(mark(count - 1)) == .same)
        #expect(log.compare(mark(count - Int64(MarkLog.countMax))) == .same)
        #expect(log.compare(mark(count - 2 * Int64(MarkLog.countMax) - 1)) == .unknown)
    }
}
