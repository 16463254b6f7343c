import Foundation
import Testing

@testable import EdgeAgent

/// Thousands of short histories of a whole EdgePurge.
///
/// `make simulate SEED=7 ITERATIONS=1` runs one of them again.
@Suite struct SimulationTests {
    private static let machines = 3
    private static let steps = 300

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test(arguments: 0..<4)
    func `nothing is confirmed that some cache still serves, whatever crashes, is cut off or drained`(lane: Int) throws
    {
        try run(lane: lane, count: Self.number("EDGE_PURGE_FUZZ_ITERATIONS") ?? 2_000)
    }

    @Test func `clock jumps: however often wall clocks are set, all of that holds`() throws {
        try run(lane: 3, count: 80, clockJumps: 10)
    }

    /// Runs every fourth of `count` seeds.
    private func run(lane: Int, count: UInt64, clockJumps: Int? = nil) throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let directory = "\(parent)/edge-purge-simulation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let databases = try (0..<Self.machines).map { number in
            try AgentDatabase(path: "\(directory)/\(number)", blockCacheBytes: 1 << 20, reserveBytes: 0)
        }
        defer { for database in databases { database.close() } }
        let given = Self.number("EDGE_PURGE_FUZZ_SEED")
        // One seed of the four lanes' is new each time.
        let first = given ?? (lane == 3 ? UInt64.random(in: 1 << 32...1 << 48) : 0)
        for seed in first..<(first + count) where seed % 4 == UInt64(lane) {
            for database in databases { try Self.empty(database) }
            do {
                var simulation = try Simulation(seed: seed, databases: databases, clockJumps: clockJumps)
                try simulation.run(steps: Self.steps)
            } catch {
                Issue.record("make simulate ITERATIONS=1 SEED=\(seed): \(error)")
                return
            }
        }
    }

    private static func empty(_ database: AgentDatabase) throws {
        try database.write { change in
            for (key, _) in try database.queue.entries(beginningWith: []) { change.delete(key, in: database.queue) }
            let meta = database.meta
            for (key, _) in try meta.positions.all() { meta.positions.delete(key, from: &change) }
            for (key, _) in try meta.begun.all() { meta.begun.delete(key, from: &change) }
            for (key, _) in try meta.progress.all() { meta.progress.delete(key, from: &change) }
        }
    }
}
