import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct GuardedNamesTests {
    @Test func `each name belongs to the newest guard that was given it, and counts once`() {
        var random = SeededGenerator()
        var names = GuardedNames()
        var model: [Int: UInt64] = [:]
        for round in 0..<20_000 {
            let owner = UInt64(max(1, round / 20 - random.number(0...5)))
            if random.once(in: 15) {
                let gone = model.filter { $0.value == owner }
                check(names.remove(owner) == gone.count, "seed \(random.seed)")
                for name in gone.keys { model[name] = nil }
            } else {
                let given = (0..<random.number(1...5)).map { _ in random.number(0...60) }
                let new = Set(given).filter { model[$0].map { $0 < owner } ?? true }
                let taken = new.reduce(into: [UInt64: Int]()) { counts, name in
                    if let older = model[name] { counts[older, default: 0] += 1 }
                }
                let answer = names.give(given, to: owner)
                check(answer.count == new.count, "seed \(random.seed)")
                check(answer.taken == taken, "seed \(random.seed)")
                for name in new { model[name] = owner }
            }
            let name = random.number(0...60)
            check(names.owner(of: name) == model[name], "seed \(random.seed)")
            check(names.count == model.count, "seed \(random.seed)")
            check(names.count(of: owner) == model.values.count { $0 == owner }, "seed \(random.seed)")
        }
    }
}
