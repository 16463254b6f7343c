import PurgeModel
import Testing

@testable import EdgeAgent

@Suite struct FenceSimulationTests {
    @Test(arguments: FenceMode.allCases)
    func `whatever happens, what is confirmed is applied or the caches are fenced`(mode: FenceMode) {
        var total = (inUse: 0, fenced: 0, without: 0)
        for seed in UInt64(1)...60 {
            var simulation = FenceSimulation(mode: mode, seed: seed)
            simulation.run(steps: 4_000)
            check(simulation.faults.isEmpty, "mode \(mode), seed \(seed): \(simulation.faults)")
            total.inUse += simulation.steps.inUse
            total.fenced += simulation.steps.fenced
            total.without += simulation.steps.without
        }
        // Nothing would be proven by caches that are always, or never, fenced.
        #expect(total.inUse > 10_000 && total.fenced > 1_000, "\(total)")
        #expect(total.without > 100, "purges confirmed without it: \(total)")
    }
}
