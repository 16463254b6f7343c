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
                let name = random.number(0...60)
                switch (names.give(name, to: owner), model[name]) {
                case (.new, nil): break
                case (.unchanged, let known?): check(known >= owner, "seed \(random.seed)")
                case (.taken(let from), let known?): check(from == known && from < owner, "seed \(random.seed)")
                default: check(false, "seed \(random.seed)")
                }
                model[name] = max(owner, model[name] ?? 0)
            }
            let name = random.number(0...60)
            check(names.owner(of: name) == model[name], "seed \(random.seed)")
            check(names.count == model.count, "seed \(random.seed)")
            check(names.count(of: owner) == model.values.count { $0 == owner }, "seed \(random.seed)")
        }
    }
}
