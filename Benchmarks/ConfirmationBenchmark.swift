import Foundation
import Kafka
import PurgeModel

/// Time from asking for a purge until it is confirmed on three real caches, against the bare round trip on the same
/// broker.
struct ConfirmationBenchmark {
    let workspace: Workspace

    /// Both kinds are measured in turns of this many, so that what disturbs one disturbs the other.
    private static let turn = 50
    private static let turns = 6

    /// Measures and adds the rows.
    func run(into report: inout Report) async throws {
        Progress.show("three caches, three agents, control plane")
        let ready = "\(workspace.path)/dev.json"
        let development = try workspace.start(
            "dev", ["dev", "--ready-file", ready], environment: ["KAFKA_BOOTSTRAP_SERVERS": ""]
        )
        let text = try await AgentUnderTest.contents(of: ready, or: "dev", workspace)
        let environment = try JSONDecoder().decode(ReadyFile.self, from: Data(text.utf8))
        let trip = try RoundTrip(servers: environment.kafka)
        // Once without the clock: connections, topics, caches.
        try await trip.warmUp()
        _ = try await confirm(0, environment)
        var ours = Samples()
        var bare = Samples()
        Progress.show("produce to confirmed")
        for turn in 1...Self.turns {
            for number in 0..<Self.turn { ours.add(try await confirm(turn * Self.turn + number, environment)) }
            for _ in 0..<Self.turn { bare.add(try await trip.measure()) }
        }
        trip.close()
        workspace.stop(development)
        for (percent, bound) in [(50, 1.5), (99, 2.0)] {
            let (ours, bare) = (ours.percentile(percent), bare.percentile(percent))
            report.add(
                "produce to confirmed, 3 agents, p\(percent)", ours: ours.milliseconds, bare: bare.milliseconds,
                ratio: ours / bare, .atMost(bound)
            )
        }
    }

    /// Asks for a purge and waits until it is confirmed everywhere.
    private func confirm(_ number: Int, _ environment: ReadyFile) async throws -> Duration {
        let start = ContinuousClock.now
        let id = try await HTTPCalls.purge(
            environment.control, zone: environment.zone, body: #"{"tags":["benchmark-\#(number)"]}"#)
        let status = try await HTTPCalls.call(
            "GET", "\(environment.control)/v1/purges/\(id)?wait=30s", PurgeStatus.self)
        guard status.state == .confirmed else { throw BenchmarkError("a purge was not confirmed within 30 s") }
        return start.duration(to: .now)
    }
}
