import TestSupport
import Testing

/// Prometheus' own tool reads what is in `deploy/prometheus`.
@Suite(
    .enabled(if: Tool.isInstalled("promtool"), "make test installs promtool (Debian package prometheus)"),
    .timeLimit(.minutes(2)))
struct PromtoolTests {
    @Test(arguments: [
        ["check", "rules", "edge-purge.rules.yaml"], ["test", "rules", "edge-purge.rules.test.yaml"],
        ["check", "config", "prometheus.yaml"],
    ])
    func `promtool is content`(arguments: [String]) async throws {
        let (isContent, said) = try await MonitoringFiles.promtool(arguments)
        #expect(isContent, "\(said)")
    }
}
