import Foundation
import Kafka

/// Time from asking for a purge until it is confirmed on three real caches, against the bare round trip on the same broker.
struct ConfirmationBenchmark {
    let workspace: Workspace

    /// Both kinds are measured in turns of this many, so that what disturbs one disturbs the other.
    private static let turn = 50
    private static let turns = 6

    /// What `edge-purge dev --ready-file` writes.
    struct Environment: Decodable {
        var control: String
        var zone: String
        var kafka: String
    }

    /// Measures and adds the rows.
    func run(into report: inout Report) async throws {
        Progress.show("three caches, three agents, control plane")
        let ready = "\(workspace.path)/dev.json"
        let development = try workspace.start(
            "dev", ["dev", "--ready-file", ready], environment: ["KAFKA_BOOTSTRAP_SERVERS": ""]
        )
        let text = try await AgentUnderTest.contents(of: ready, or: "dev", workspace)
        let environment = try JSONDecoder().decode(Environment.self, from: Data(text.utf8))
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
    private func confirm(_ number: Int, _ environment: Environment) async throws -> Duration {
        struct Accepted: Decodable {
            struct Result: Decodable { var id: String }
            var result: Result
        }
        struct Status: Decodable { var state: String }
        let start = ContinuousClock.now
        let accepted = try await HTTPCalls.call(
            "POST", "\(environment.control)/client/v4/zones/\(environment.zone)/purge_cache", Accepted.self,
            body: #"{"tags":["benchmark-\#(number)"]}"#
        )
        let status = try await HTTPCalls.call(
            "GET", "\(environment.control)/v1/purges/\(accepted.result.id)?wait=30s", Status.self
        )
        guard status.state == "confirmed" else { throw BenchmarkError("a purge was not confirmed within 30 s") }
        return start.duration(to: .now)
    }
}
