import Foundation
import TestSupport
import Testing

/// Runs a property for many seeds; a failure names the one seed that shows it again.
///
/// `make fuzz ITERATIONS=1000000 SEED=7 FILTER=CacheFileFuzzTests` sets the environment this looks at.
enum Fuzz {
    /// A property did not hold.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    /// The seed of the first round; each further round has the next number.
    static let firstSeed = number("EDGE_PURGE_FUZZ_SEED") ?? 20_261_124
    /// Rounds of each property; nil: as many as the property says for a test run.
    static let iterations = number("EDGE_PURGE_FUZZ_ITERATIONS").map { Int(clamping: $0) }

    /// Runs `body` with one generator a round, and records the first failure.
    ///
    /// - Parameter rounds: how many in a test run.
    static func run(
        _ rounds: Int, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (inout SeededGenerator) throws -> Void
    ) {
        for round in 0..<(iterations ?? rounds) {
            let seed = firstSeed &+ UInt64(round)
            var random = SeededGenerator(seed: seed)
            do {
                try body(&random)
            } catch {
                Issue.record("make fuzz ITERATIONS=1 SEED=\(seed): \(error)", sourceLocation: sourceLocation)
                return
            }
        }
    }

    /// Fails the round unless the condition holds; words are made only then.
    static func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        if !condition { throw Failure(description: what()) }
    }
}
