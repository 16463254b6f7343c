import Foundation
import TestSupport

/// How much is flooded, and everything about it that is drawn from a seed.
struct OverloadPlan: Sendable {
    let seed: UInt64
    /// How much more than in the short run each flood brings.
    let scale: Int
    /// The floods of this run, in their order.
    let floods: [OverloadFlood]

    /// Whether it is the run among all tests, where others make a busy machine of it.
    let isShort: Bool

    /// The zone that floods; it may have its purges in the partition of the other one, or not.
    var zone: String { "flood\(seed)" }

    /// Floods of a short run.
    private static let shortCount = 3
    private static let scaleMax = 100

    /// From `EDGE_PURGE_OVERLOAD_SEED` and `EDGE_PURGE_OVERLOAD_SCALE` (1 to 100); without a scale a short run of some
    /// floods.
    init() {
        let environment = ProcessInfo.processInfo.environment
        seed = environment["EDGE_PURGE_OVERLOAD_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...9_999)
        let given = environment["EDGE_PURGE_OVERLOAD_SCALE"].flatMap { Int($0) }
        isShort = given == nil
        scale = min(max(given ?? 1, 1), Self.scaleMax)
        var random = SeededGenerator(seed: seed)
        let possible = OverloadFlood.allCases.filter(\.isPossible).shuffled(using: &random)
        floods = isShort ? Array(possible.prefix(Self.shortCount)) : possible
    }

    /// A generator for one flood.
    func generator(_ flood: OverloadFlood) -> SeededGenerator {
        let number = OverloadFlood.allCases.firstIndex(of: flood) ?? 0
        return SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(number))
    }
}
