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

    @Test func `of the marks below an offset the last is given, and each of the next twice as far back`() {
        var log = MarkLog()
        for offset in [3, 4, 9, 12, 20] as [Int64] { _ = log.add(mark(offset)) }
        let below = { (offset: Int64) in log.some(below: offset).map(\.offset) }
        #expect([0, 3, 4, 10].map(below) == [[], [], [3], [9, 4]])
        #expect([20, .max].map(below) == [[12, 9, 3], [20, 12, 4]])
        #expect(MarkLog().some(below: 5).isEmpty)
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
