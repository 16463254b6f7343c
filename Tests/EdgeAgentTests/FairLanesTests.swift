import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct FairLanesTests {
    @Test func `each owner's come in their order, and the owners in turns`() {
        var lanes = FairLanes<String, Int>()
        for number in 0..<4 { lanes.append(number, for: "a") }
        lanes.append(10, for: "b")
        lanes.append(20, for: "c")
        #expect((0..<6).map { _ in lanes.next() } == [0, 10, 20, 1, 2, 3])
        #expect(lanes.isEmpty && lanes.next() == nil)
    }

    @Test func `what is put back comes first, and who may not go keeps nobody waiting`() {
        var lanes = FairLanes<String, Int>()
        for number in 0..<4 { lanes.append(number, for: number < 3 ? "a" : "b") }
        let taken = [lanes.next(), lanes.next()].compactMap(\.self)
        #expect(taken == [0, 3])
        lanes.prepend(3, for: "b")
        lanes.prepend(0, for: "a")
        #expect(lanes.count == 4)
        #expect(lanes.next { $0 == "b" } == 3)
        #expect(lanes.next { $0 == "b" } == nil)
        lanes.removeAll { $0 == 1 }
        #expect(lanes.count == 2)
        #expect((0..<3).map { _ in lanes.next() } == [0, 2, nil])
    }

    /// A purge of one page waited for a turn of the zone that floods.
    @Test func `who had nothing goes before those that have had a turn, but not always`() {
        var lanes = FairLanes<String, Int>()
        for number in 0..<4 { lanes.append(number, for: "much") }
        #expect(lanes.next() == 0)
        lanes.append(10, for: "little")
        #expect(lanes.next() == 10)
        lanes.append(11, for: "little")
        #expect([lanes.next(), lanes.next(), lanes.next(), lanes.next()] == [1, 11, 2, 3])
        #expect(lanes.isEmpty && lanes.next() == nil)
    }

    @Test func `many that had nothing do not take all turns`() {
        var lanes = FairLanes<Int, Int>()
        for number in 0..<4 { lanes.append(number, for: 0) }
        #expect(lanes.next() == 0)
        let max = FairLanes<Int, Int>.freshInRowMax
        for owner in 1...(2 * max) { lanes.append(100 * owner, for: owner) }
        let order = (0..<(2 * max + 3)).map { _ in lanes.next() ?? -1 }
        #expect(order.firstIndex(of: 1).map { $0 <= max } == true)
        #expect(order.firstIndex(of: 2).map { $0 <= 2 * max + 2 } == true)
        #expect(lanes.isEmpty)
    }

    @Test func `who went before others in vain does so again`() {
        var lanes = FairLanes<String, Int>()
        for number in 0..<3 { lanes.append(number, for: "much") }
        #expect(lanes.next() == 0)
        lanes.append(10, for: "little")
        lanes.append(20, for: "other")
        let taken = (0..<4).map { _ in lanes.next() }
        #expect(taken == [10, 20, 1, 2])
        for (number, owner) in [(2, "much"), (1, "much"), (20, "other")] { lanes.prepend(number, for: owner) }
        #expect([lanes.next(), lanes.next(), lanes.next(), lanes.next()] == [20, 1, 2, nil])
    }

    @Test func `nothing is lost and nothing overtakes its own`() {
        var random = SeededGenerator()
        var lanes = FairLanes<Int, Int>()
        var model: [Int: [Int]] = [:]
        for number in 0..<5000 {
            let owner = random.number(0...4)
            switch random.number(0...3) {
            case 0, 1:
                lanes.append(10 * number + owner, for: owner)
                model[owner, default: []].append(10 * number + owner)
            case 2:
                let blocked = random.number(0...4)
                guard let next = lanes.next(where: { $0 != blocked }) else {
                    check(model.allSatisfy { $0.key == blocked || $0.value.isEmpty }, "seed \(random.seed)")
                    continue
                }
                check(next % 10 != blocked && model[next % 10]?.first == next, "seed \(random.seed)")
                if random.once(in: 3) { lanes.prepend(next, for: next % 10) } else { model[next % 10]?.removeFirst() }
            default:
                let gone = random.number(0...9)
                lanes.removeAll { $0 % 100 / 10 == gone }
                for owner in model.keys { model[owner]?.removeAll { $0 % 100 / 10 == gone } }
            }
            check(lanes.count == model.values.reduce(0) { $0 + $1.count }, "seed \(random.seed)")
        }
    }
}
