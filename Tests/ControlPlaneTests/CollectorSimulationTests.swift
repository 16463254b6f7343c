import TestSupport
import Testing

@testable import ControlPlane

/// `make simulate SEED=7 ITERATIONS=1` runs one of them again.
@Suite(.offPool) struct CollectorSimulationTests {
    @Test func `a purge is confirmed exactly when the rule says so, and a restart changes nothing`() {
        SimulationSeeds.run(100) { seed in
            var simulation = CollectorSimulation(seed: seed)
            try simulation.run(steps: 120)
        }
    }

    /// After a restart, two machines with one name were mixed up: what one had told of purges was shown
    /// as the other's.
    @Test(arguments: [10_494] as [UInt64])
    func `worlds in which something once did not hold`(seed: UInt64) throws {
        var simulation = CollectorSimulation(seed: seed)
        try simulation.run(steps: 120)
    }
}
