import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct FairSharesTests {
    @Test func `one alone gets half, two get a third each, and there is room for one more`() {
        var shares = FairShares(max: 600)
        while shares.room(of: "a") > 0 { shares.take(1, for: "a") }
        #expect((299...300).contains(shares.count("a")))
        while shares.room(of: "b") > 0 { shares.take(1, for: "b") }
        #expect((148...150).contains(shares.count("b")))
        #expect(shares.room(of: "c") > 50)
        #expect(shares.room(of: "a") == 0, "more than its share by now")
        shares.giveBack(100, of: "a")
        while shares.room(of: "b") > 0 { shares.take(1, for: "b") }
        #expect((198...200).contains(shares.count("b")))
    }

    @Test func `what is given back is there again`() {
        var random = SeededGenerator()
        var shares = FairShares(max: 100)
        var model: [String: Int] = [:]
        for _ in 0..<5000 {
            let owner = random.pick(["a", "b", "c", "d"])
            let count = random.number(0...20)
            if random.once(in: 2) {
                shares.take(count, for: owner)
                model[owner, default: 0] += count
            } else {
                shares.giveBack(count, of: owner)
                model[owner] = max(0, model[owner, default: 0] - count)
            }
            check(shares.count(owner) == model[owner], "seed \(random.seed)")
            check(shares.total == model.values.reduce(0, +), "seed \(random.seed)")
        }
    }
}
