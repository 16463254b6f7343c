import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// What is believed of the tier above.
@Suite struct TierGateTests {
    private let now = ContinuousClock.now

    private func mark(_ offset: Int64, topic: Int = 0) -> MessageMark {
        MessageMark(offset: offset, timestamp: nil, key: nil, value: Array("\(topic)/\(offset)".utf8))
    }

    private func key(_ offset: Int64, _ partition: Int32 = 0) -> QueueKey {
        QueueKey(partition: partition, epoch: 0, offset: offset)
    }

    private func word(
        _ applied: Int64, _ ranges: [ClosedRange<Int64>] = [], mark: MessageMark?, tier: String = "shield"
    ) -> TierWord {
        TierWord(
            tier: tier, sentAt: Timestamp(milliseconds: 0), members: 1, guardTime: .seconds(60),
            partitions: [
                TierProgress(partition: 0, applied: applied, appliedRanges: ranges, marks: mark.map { [$0] } ?? [])
            ])
    }

    @Test func `a word counts when its message is one that was read here`() {
        var gate = TierGate(tier: "shield")
        for offset in 0..<5 as Range<Int64> { gate.read(mark(offset), of: 0) }
        #expect(!gate.hasApplied(key(0)), "nobody has told anything")
        gate.hear(word(5, mark: mark(4), tier: "other"), marks: [:], now: now)
        #expect(!gate.hasApplied(key(0)), "of another tier")
        gate.hear(word(5, mark: mark(4, topic: 1)), marks: [:], now: now)
        #expect(!gate.hasApplied(key(0)), "of another topic")
        gate.hear(word(5, mark: nil), marks: [:], now: now)
        #expect(!gate.hasApplied(key(0)), "nothing to compare it by")
        gate.hear(word(2, [4...4], mark: mark(4)), marks: [:], now: now)
        #expect((0..<6).map { gate.hasApplied(key($0)) } == [true, true, false, false, true, false])
        #expect(!gate.hasApplied(key(0, 1)), "of another partition")
        // One collector is behind the other; nothing is taken back.
        gate.hear(word(1, mark: mark(0)), marks: [:], now: now)
        #expect(gate.hasApplied(key(1)))
        gate.startOver(0)
        #expect(!gate.hasApplied(key(0)))
    }

    /// Attack: such a word ended the agent, and it was still there when the next one started.
    @Test func `a hostile word changes nothing`() {
        var marks = MessageMarks()
        marks.add(mark(4))
        var gate = TierGate(tier: "shield")
        gate.read(mark(0), of: 0)
        for offset in [Int64.max, .min, -1] {
            let foreign = MessageMark(offset: offset, fingerprint: .max)
            gate.hear(word(.max, [.min ... .max], mark: foreign), marks: [0: marks], now: now)
            #expect(!gate.hasApplied(key(0)))
        }
        var long = word(1, mark: nil)
        long.guardTime = .milliseconds(Int64.max)
        gate.hear(long, marks: [0: marks], now: now)
        #expect(gate.guardTime.map { $0 <= .seconds(24 * 3600) } == true)
    }

    @Test func `each change in what was taken out above is counted once`() {
        var gate = TierGate(tier: "shield")
        for count in [7, 7, 8, 8, 2, 2] as [Int64] {
            var word = word(0, mark: nil)
            word.lateFills = count
            gate.hear(word, marks: [:], now: now)
        }
        #expect(gate.lateFills == 2, "the first is no news, and an agent that starts anew counts from 0")
    }

    @Test func `a word about what was not read here yet counts when it is`() {
        for isSame in [true, false] {
            var gate = TierGate(tier: "shield")
            gate.read(mark(0), of: 0)
            gate.hear(word(3, mark: mark(2)), marks: [:], now: now)
            #expect(!gate.hasApplied(key(0)))
            gate.read(mark(1), of: 0)
            #expect(!gate.hasApplied(key(0)))
            gate.read(mark(2, topic: isSame ? 0 : 1), of: 0)
            #expect(gate.hasApplied(key(0)) == isSame && gate.hasApplied(key(2)) == isSame)
        }
    }

    @Test func `after a restart a word is compared with what the earlier run read`() {
        var marks = MessageMarks()
        for offset in 0..<5 as Range<Int64> { marks.add(mark(offset)) }
        var gate = TierGate(tier: "shield")
        gate.hear(word(5, mark: mark(4, topic: 1)), marks: [0: marks], now: now)
        #expect(!gate.hasApplied(key(4)))
        gate.hear(word(5, mark: mark(4)), marks: [0: marks], now: now)
        #expect(gate.hasApplied(key(4)))
    }

    @Test func `nothing of an earlier topic opens the gate, whatever comes in whatever order`() {
        for _ in 0..<500 {
            var random = SeededGenerator()
            let seed = random.seed
            var gate = TierGate(tier: "shield")
            var (topic, read): (Int, Int64) = (0, 0)
            // What the tier has applied, and a collector told, of each topic.
            var truth: [Int: Int64] = [:]
            var words: [TierWord] = []
            for _ in 0..<200 {
                switch random.number(0...9) {
                case 0 where random.once(in: 4):
                    (topic, read) = (topic + 1, 0)
                    gate.startOver(0)
                case 0...3:
                    gate.read(mark(read, topic: topic), of: 0)
                    read += 1
                case 4...6:
                    let told = random.number(0...topic)
                    let applied = max(truth[told] ?? 0, Int64(random.number(0...Int(read) + 3)))
                    truth[told] = applied
                    words.append(word(applied, mark: applied > 0 ? mark(applied - 1, topic: told) : nil))
                default: if let word = words.randomElement(using: &random) { gate.hear(word, marks: [:], now: now) }
                }
                for offset in 0..<read where gate.hasApplied(key(offset)) {
                    check(offset < truth[topic] ?? 0, "offset \(offset) of topic \(topic), seed \(seed)")
                }
            }
        }
    }
}
