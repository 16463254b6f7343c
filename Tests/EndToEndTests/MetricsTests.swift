import ControlPlane
import EdgeAgent
import Foundation
import NIOHTTP1
import PrometheusText
import Subprocess
import TestSupport
import Testing

extension EndToEndTests {
    /// What running agents and control planes tell, read by Prometheus' own tool.
    @Suite(.enabled(if: Tool.isInstalled("promtool"), "make test installs promtool (Debian package prometheus)"))
    struct MetricsTests: SharesEnvironment {
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
            try await environment.purge(#"{"tags":["nothing-has-this"]}"#)
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
}
