import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(2))) struct CatchUpTests {
    /// A broker says that a partition ends only where a fetch finds nothing new, and somebody may write all the time.
    @Test func `a topic into which somebody writes all the time is read to its end`() async throws {
        let bench = try KafkaBench()
        let agents = try Producer(bench.configuration.kafka)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    while !Task.isCancelled {
                        try await bench.acknowledge(Samples.acknowledgement("edge-\(number)"), with: agents)
                    }
                }
            }
            try await bench.run { _, ledger in
                try await eventually("all agents are known") {
                    ledger.read { state, _ in state.knowsMembers }
                }
            }
            group.cancelAll()
            while let result = await group.nextResult() { if case .failure(let error) = result { throw error } }
        }
        await agents.closeGracefully(flushing: .seconds(1))
    }
}
