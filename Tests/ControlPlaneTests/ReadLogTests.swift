import TestSupport
import Testing

@testable import ControlPlane

@Suite struct ReadLogTests {
    private func readTo(_ log: ReadLog, by seconds: Int, topic: Int64 = 0) -> Int64 {
        log.readTo(of: topic) { $0 <= .seconds(seconds) }
    }

    @Test func `what had been read by a moment is found`() {
        var log = ReadLog()
        #expect(readTo(log, by: 100) == 0)
        for (second, end) in [(1, 10), (2, 10), (3, 12), (5, 20)] {
            log.note(Int64(end), of: 0, at: .seconds(second))
        }
        #expect((0...6).map { readTo(log, by: $0) } == [0, 10, 10, 12, 12, 20, 20])
    }

    @Test func `a topic that was made anew begins anew, also where it has more than the one before it`() {
        var log = ReadLog()
        log.note(10, of: 0, at: .seconds(1))
        #expect(readTo(log, by: 9, topic: 1) == 0)
        log.note(20, of: 1, at: .seconds(5))
        #expect(readTo(log, by: 4, topic: 1) == 0)
        #expect(readTo(log, by: 5, topic: 1) == 20)
        #expect(readTo(log, by: 9, topic: 0) == 0)
    }

    @Test func `it never says that something was read earlier than it was, and forgets no end`() {
        let seed: UInt64 = 77
        var generator = SeededGenerator(seed: seed)
        var log = ReadLog()
        var truth: [Int64] = [0]
        for second in 1...(5 * ReadLog.countMax) {
            truth.append((truth.last ?? 0) + Int64.random(in: 0...3, using: &generator))
            log.note(truth[second], of: 0, at: .seconds(second))
        }
        for _ in 0..<1000 {
            let second = Int.random(in: 0..<truth.count, using: &generator)
            #expect(readTo(log, by: second) <= truth[second], "seed \(seed), second \(second)")
        }
        #expect(readTo(log, by: truth.count) == truth.last)
        #expect(readTo(log, by: truth.count / 2) > truth[truth.count / 2] - 1000)
    }
}
