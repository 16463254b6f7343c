import Testing

@testable import ControlPlane

@Suite struct CollectorSimulationTests {
    @Test(arguments: (0..<100).map { UInt64($0) })
    func `a purge is confirmed exactly when the rule says so, and a restart changes nothing`(seed: UInt64) throws {
        var simulation = CollectorSimulation(seed: seed)
        do {
            try simulation.run(steps: 120)
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}
