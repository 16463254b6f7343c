import Foundation
import TestSupport

/// How many configurations are tried, and the seed that draws them.
struct CasePlan: Sendable {
    let seed: UInt64
    let count: Int

    /// Configurations under one nginx and one agent.
    static let together = 8

    /// From `EDGE_PURGE_CASES` and `EDGE_PURGE_CASES_SEED`; a handful of the same without: `make cases` draws others.
    init() {
        let environment = ProcessInfo.processInfo.environment
        seed = environment["EDGE_PURGE_CASES_SEED"].flatMap { UInt64($0) } ?? 7
        count = environment["EDGE_PURGE_CASES"].flatMap { Int($0) } ?? Self.together
    }

    /// The numbers of the configurations in each group.
    var groups: [Range<Int>] {
        stride(from: 0, to: count, by: Self.together).map { $0..<min($0 + Self.together, count) }
    }

    /// Of one configuration: the same whatever else is in the run.
    func generator(_ number: Int) -> SeededGenerator {
        SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(number))
    }
}
