import Foundation
import TestSupport
import Testing

/// `edge-purge doctor` on a machine where everything runs.
@Suite(.timeLimit(.minutes(5))) struct DoctorTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private struct Answer {
        var status: Int32
        var findings: [JSONValue]

        /// Levels of the findings of a check, and what they say.
        func levels(_ check: String) -> [String] { of(check).compactMap { $0["level"].text } }
        func of(_ check: String) -> [JSONValue] { findings.filter { $0["check"].text == check } }
    }

    private func doctor(_ environment: DevEnvironment, agent: String, _ options: String...) async throws -> Answer {
        let cache = environment.ready.caches[0]
        let own = URL(fileURLWithPath: cache.agentConfig).deletingLastPathComponent().path
        let outcome = try await Program.run(
            [
                "doctor", "--json", "--agent-config", agent, "--control-config", environment.ready.controlConfig,
                "--nginx", "nginx -p \(own) -e \(own)/nginx-error.log -c \(own)/nginx.conf",
            ] + options)
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(outcome.output.utf8))
        for finding in report["findings"].items {
            let isMended = finding["level"].text == "green" || finding["remedy"].text?.isEmpty == false
            #expect(isMended, "\(finding)")
        }
        return Answer(status: outcome.status, findings: report["findings"].items)
    }

    @Test func `a machine that runs is not red, and one with mistakes is, at the right places`() async throws {
        try await DevEnvironment.run(options: ["--ask", "purge", "--caches", "2"]) { environment in
            let cache = environment.ready.caches[0]
            try await environment.warm((0..<20).map { "/doctor/\($0)" })
            let good = try await doctor(environment, agent: cache.agentConfig, "--probe")
            let bad = good.findings.filter { $0["level"].text == "red" }
            #expect(bad.isEmpty && [0, 8].contains(good.status), "\(bad)")
            for check in [
                "configuration", "agent", "cache directory", "permissions", "watches", "cache files", "ask", "nginx",
                "access log", "fence", "topics", "reading", "acknowledgements", "control plane",
            ] {
                #expect(good.levels(check).allSatisfy { $0 == "green" }, "\(check): \(good.of(check))")
                #expect(!good.levels(check).isEmpty, "\(check)")
            }
            #expect(good.of("fence").count > 1)
            #expect(good.of("acknowledgements").count == 2)

            // Another key, another fence, and nobody at the socket.
            let other = folder.path + "/agent.yaml"
            var text = try String(contentsOfFile: cache.agentConfig, encoding: .utf8)
            text = text.replacing("$scheme://$host$request_uri", with: "$request_method|$host|$request_uri")
                .replacing("/fence\"", with: "/other-fence\"").replacing("/admin.sock", with: "/nobody.sock")
            try text.write(toFile: other, atomically: true, encoding: .utf8)
            let red = try await doctor(environment, agent: other)
            #expect(red.status == 9)
            for check in ["agent", "cache files", "nginx", "access log"] {
                #expect(red.levels(check).contains("red"), "\(check): \(red.of(check))")
            }
            #expect(red.of("cache files").first?["seen"].text?.contains("; not \"http://") == true, "\(red)")

            // For people, with the one thing that is wrong.
            try "agent: [".write(toFile: other, atomically: true, encoding: .utf8)
            let unread = try await Program.run(["doctor", "--agent-config", other])
            #expect(unread.status == 9 && unread.output.contains("edge-purge config check agent"), "\(unread)")
        }
    }

    @Test func `without any file it says what to give`() async throws {
        let outcome = try await Program.run(["doctor"])
        // The machine of the test may have the package.
        guard !FileManager.default.fileExists(atPath: "/etc/edge-purge") else { return }
        #expect(outcome.status == 2 && outcome.errors.contains("--agent-config"), "\(outcome)")
    }
}
