import ControlPlane
import EdgeAgent
import Foundation
import NIOHTTP1
import PrometheusText
import Subprocess
import TestSupport
import Testing

/// What running agents and control planes tell, read by Prometheus' own tool.
@Suite(.developmentEnvironment, .timeLimit(.minutes(5))) struct MetricsTests {
    private var environment: DevEnvironment {
        get throws { try #require(DevEnvironment.current) }
    }

    /// What `promtool check metrics` has against a text.
    private func objections(_ text: String) async throws -> String {
        let result = try await Subprocess.run(
            .name("promtool"), arguments: ["check", "metrics"], input: .string(text),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return result.standardOutput + result.standardError
    }

    @Test func `promtool has nothing against what agents and control plane tell`() async throws {
        let environment = try environment
        let cache = environment.ready.caches[0]
        let zone = environment.ready.zone
        let purge = "\(environment.ready.control)/client/v4/zones/\(zone)/purge_cache"
        let answer = try await environment.web.json(.POST, purge, #"{"tags":["nothing-has-this"]}"#)
        #expect(answer.status == 200)
        try await eventually("the agent and the control plane have counted it") {
            let agent = try await environment.web.admin(cache, "/metrics").text
            let control = try await environment.web.json(.GET, environment.ready.control + "/metrics").value.text
            return agent?.contains(/purges_applied_total\{selector="tag",mode="delete"\} [1-9]/) == true
                && control?.contains(/time_to_confirmed_seconds_count [1-9]/) == true
        }
        let agent = try await environment.web.admin(cache, "/metrics").text ?? ""
        let control = try await environment.web.json(.GET, environment.ready.control + "/metrics").value.text ?? ""
        for (text, catalogue) in [(agent, AgentMetrics.catalogue), (control, ControlMetrics.catalogue)] {
            #expect(try await objections(text) == "")
            // Everything that is promised is there, but for labelled ones without a case yet.
            let declared = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .map { String($0.split(separator: " ")[2]) }
            #expect(declared == catalogue.metrics.map(\.name))
        }
    }
}
