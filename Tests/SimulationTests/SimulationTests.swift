import Foundation
import TestSupport
import Testing

/// Thousands of short histories of a whole EdgePurge.
///
/// `make simulate SEED=7 ITERATIONS=1` runs one of them again.
@Suite(.offPool) struct SimulationTests {
    private static let machines = 3
    private static let steps = 300

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test(arguments: 0..<4)
    func `nothing is confirmed that some cache still serves, whatever crashes, is cut off or drained`(lane: Int) throws
    {
        try run(lane: lane, count: Self.number("EDGE_PURGE_FUZZ_ITERATIONS") ?? 300)
    }

    /// Attacks that histories have shown.
    ///
    /// What could not be proved newer stayed beyond its guard, because another file could not be changed. After a power
    /// loss an agent told purges as applied before it had flushed once more in their place. In the third it was the
    /// judge that did not know what a power loss takes back. In the fourth a purge that waited to try a file again let
    /// a cache wait as long that had become known.
    @Test(
        arguments: [
            (131_399_374_865_891, false), (54_675_733_802_854, false), (54_675_733_804_653, false), (770_873, true),
        ] as [(UInt64, Bool)])
    func `histories in which something once did not hold`(seed: UInt64, asks: Bool) throws {
        try run(lane: Int(seed % 4), count: 1, first: seed, asks: asks, tiers: false)
    }

    @Test func `clock jumps: however often wall clocks are set, all of that holds`() throws {
        try run(lane: 3, count: 80, clockJumps: 10)
    }

    /// Runs every fourth of `count` seeds.
    private func run(
        lane: Int, count: UInt64, first: UInt64? = nil, asks: Bool = true, tiers: Bool = true,
        clockJumps: Int? = nil
    ) throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let directory = "\(parent)/edge-purge-simulation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // The same each time; `make simulate` draws others.
        let first = first ?? Self.number("EDGE_PURGE_FUZZ_SEED") ?? 0
        var databases = try SimulatedDatabases(directory + "/databases", count: Self.machines)
        defer { databases.close() }
        for seed in first..<(first + count) where seed % 4 == UInt64(lane) {
            let state = directory + "/state"
            defer { try? FileManager.default.removeItem(atPath: state) }
            do {
                var simulation = try Simulation(
                    seed: seed, databases: try databases.empty(), state: state, asks: asks, tiers: tiers,
                    clockJumps: clockJumps)
                try simulation.run(steps: Self.steps)
            } catch {
                Issue.record("make simulate ITERATIONS=1 SEED=\(seed): \(error)")
                return
            }
        }
    }
}
