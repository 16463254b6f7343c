import Foundation
import PurgeModel

/// Cloudflare's Enterprise limit for as long as asked: 50 requests a second with 100 keys each, on three real caches.
struct LoadBenchmark {
    let workspace: Workspace
    let seconds: Int

    private static let requestsPerSecond = 50
    private static let keysPerRequest = 100

    /// Measures and adds the rows.
    func run(into report: inout Report) async throws {
        Progress.show("three caches, three agents, control plane")
        let ready = "\(workspace.path)/load.json"
        let development = try workspace.start(
            "load", ["dev", "--ready-file", ready], environment: ["KAFKA_BOOTSTRAP_SERVERS": ""])
        let text = try await AgentUnderTest.contents(of: ready, or: "load", workspace)
        let environment = try JSONDecoder().decode(ReadyFile.self, from: Data(text.utf8))
        var idle = Samples()
        for number in 0..<100 { idle.add(try await confirm(number, keys: Self.keysPerRequest, environment)) }
        Progress.show("\(Self.requestsPerSecond * Self.keysPerRequest) keys a second for \(seconds) s")
        var loaded = Samples()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Duration.self) { group in
            for number in 0..<seconds * Self.requestsPerSecond {
                try await Task.sleep(until: start + .seconds(1) * number / Self.requestsPerSecond)
                group.addTask { try await confirm(1000 + number, keys: Self.keysPerRequest, environment) }
            }
            for try await time in group { loaded.add(time) }
        }
        let took = start.duration(to: .now)
        let lag = try await HTTPCalls.call("GET", "\(environment.control)/v1/lag", LagList.self)
        workspace.stop(development)
        let rate = Double(seconds * Self.requestsPerSecond * Self.keysPerRequest) / took.seconds
        report.add(
            "keys purged and confirmed, all of \(seconds * Self.requestsPerSecond) requests",
            ours: Report.text(rate, digits: 0) + "/s", bare: "5000/s", ratio: rate / 5000, .atLeast(0.95))
        for percent in [50, 99] {
            let (ours, bare) = (loaded.percentile(percent), idle.percentile(percent))
            report.add(
                "produce to confirmed under that load, against idle, p\(percent)", ours: ours.milliseconds,
                bare: bare.milliseconds, ratio: ours / bare, .atMost(3))
        }
        let left = lag.agents.map(\.lag).max() ?? 0
        report.add("lag afterwards", ours: "\(left)", bare: "", ratio: Double(left), .atMost(0))
    }

    private func confirm(
        _ number: Int, keys: Int, _ environment: ReadyFile
    ) async throws -> Duration {
        let tags = (0..<keys).map { "\"load-\(number)-\($0)\"" }.joined(separator: ",")
        let start = ContinuousClock.now
        let id = try await HTTPCalls.purge(environment.control, zone: environment.zone, body: "{\"tags\":[\(tags)]}")
        let status = try await HTTPCalls.call(
            "GET", "\(environment.control)/v1/purges/\(id)?wait=60s", PurgeStatus.self)
        guard status.state == .confirmed else { throw BenchmarkError("purge \(id) was not confirmed within 60 s") }
        return start.duration(to: .now)
    }
}
