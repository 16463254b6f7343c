import TestSupport
import Testing

@testable import ControlPlane

/// `make simulate SEED=7 ITERATIONS=1` runs one of them again.
@Suite(.offPool) struct TopicSimulationTests {
    private func run(_ seed: UInt64, tellsMarks: Bool) throws {
        var simulation = TopicSimulation(seed: seed, tellsMarks: tellsMarks)
        try simulation.run(steps: 300)
    }

    /// Attack D30: the topic was made anew while an agent was paused, or with nobody paused, and outgrew what was read.
    ///
    /// What agents said before was believed, and confirmed.
    @Test func `with marks, topics are made anew at any moment, and nothing is confirmed that is not true`() {
        SimulationSeeds.run(300) { try run($0, tellsMarks: true) }
    }

    @Test func `with topics made anew at random, nothing is confirmed that is not true`() {
        SimulationSeeds.run(200) { try run($0, tellsMarks: false) }
    }

    /// What an agent had told of purges before it was certain which topic they were of was not shown later, though
    /// the agent repeated it every second.
    ///
    /// And what it had told of the topic before stood in the way of it.
    @Test(arguments: [2_216, 2_711, 10_021] as [UInt64])
    func `topics with which something once did not hold`(seed: UInt64) throws {
        try run(seed, tellsMarks: true)
    }
}
