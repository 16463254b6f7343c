import Foundation
import Testing

/// Runs a simulation for many seeds; a failure names the one that shows it again.
///
/// `make simulate ITERATIONS=1000000 SEED=7` sets the environment this looks at.
package enum SimulationSeeds {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    /// Runs `body` for as many seeds as the environment says; else for `count`, the same each time, and one that is
    /// drawn.
    package static func run(
        _ count: UInt64, _ body: (_ seed: UInt64) throws -> Void
    ) {
        let first = number("EDGE_PURGE_FUZZ_SEED")
        let iterations = number("EDGE_PURGE_FUZZ_ITERATIONS")
        let drawn = first == nil && iterations == nil ? [UInt64.random(in: count ... .max)] : []
        for seed in (0..<(iterations ?? count)).map({ (first ?? 0) &+ $0 }) + drawn {
            do {
                try body(seed)
            } catch {
                Issue.record("make simulate ITERATIONS=1 SEED=\(seed): \(error)")
                return
            }
        }
    }
}
