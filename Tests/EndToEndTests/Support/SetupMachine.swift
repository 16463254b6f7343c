import Foundation
import TestSupport
import Testing

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// A machine whose nginx, agent.yaml and units are all in a test's own directory.
struct SetupMachine {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    var path: String { folder.path }
    /// How its nginx is called.
    var nginx: String { "nginx -p \(path) -c \(path)/nginx.conf -e \(path)/error.log" }

    /// Runs `edge-purge setup agent`.
    func setup(_ options: [String], nginx: String? = nil) async throws -> Program.Outcome {
        try await Program.run(
            [
                "setup", "agent", "--nginx", nginx ?? self.nginx, "--config", path + "/agent.yaml", "--snippets",
                path + "/edge-purge", "--units", path + "/units", "--access-log", path + "/edge-purge.log",
            ] + options)
    }

    func write(_ name: String, _ text: String) throws {
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    /// Every file but what nginx itself writes, and what is in it.
    func everything() throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path)
            .filter { !$0.hasSuffix(".log") && $0 != "nginx.pid" }
        return names.reduce(into: [:]) { $0[$1] = FileManager.default.contents(atPath: "\(path)/\($1)") }
    }

    /// What its agent.yaml says.
    func configuration() throws -> AgentConfiguration {
        try AgentSettings.load(path: path + "/agent.yaml", environment: [:], flags: []).configuration
    }

    /// What was written passes the other checks, and is not written twice.
    func expectDone(_ options: [String], _ what: String) async throws {
        let (agent, dump) = (path + "/agent.yaml", path + "/dump.log")
        try await RealNginx.dump(path).write(toFile: dump, atomically: true, encoding: .utf8)
        let environment = Program.environmentWithoutKafka
        let check = try await Program.run(["nginx", "check", "--config", agent, dump], in: environment)
        #expect(check.status == 0, "\(check.output) \(check.errors) \(what)")
        let config = try await Program.run(["config", "check", "agent", "--config", agent], in: environment)
        #expect(config.status == 0, "\(config.errors) \(what)")
        let before = try everything()
        let again = try await setup(["--write"] + options)
        #expect(again.status == 0 && again.output.hasSuffix("Nothing to do.\n"), "\(again) \(what)")
        #expect(try everything() == before, "\(what)")
    }
}
