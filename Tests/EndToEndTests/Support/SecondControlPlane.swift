import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// A second control plane on the topics of the suite's environment, with tokens of its own, and a directory for what
/// belongs to it.
struct SecondControlPlane: Sendable {
    /// Holds its state and its tokens; gone afterwards.
    let folder: String
    private let configuration: String

    /// Runs `body` with an empty directory; nothing runs yet.
    static func withFolder(
        of environment: DevEnvironment, _ body: (SecondControlPlane) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "edge-purge-second-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(SecondControlPlane(folder: folder, configuration: environment.ready.controlConfig))
    }

    /// Where its tokens are.
    var tokensFile: String { folder + "/tokens.yaml" }

    /// The end of what it logged, for whoever wants to know why something failed.
    var log: String {
        String(((try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "").suffix(4000))
    }

    /// Makes a token for everything that the permission allows.
    func token(_ name: String, _ permission: String) async throws -> String {
        try await TokenFile(path: tokensFile).make(name, permission)
    }

    /// Runs `body` with its address once it listens; `settings` are added to those of the environment's control plane.
    func run(settings: [String] = [], _ body: @Sendable (String) async throws -> Void) async throws {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(30))]
        let changes =
            [
                "listen.port=0", "tokens.file=\(tokensFile)", "state_directory=\(folder)/state", "log.level=info",
            ] + settings
        let arguments =
            ["-c", "exec \"$@\" 2>\"$0\"", folder + "/log", Program.path, "control", "--config", configuration]
            + changes.flatMap { ["--set", $0] }
        _ = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(arguments), platformOptions: options, input: .none,
            output: .discarded, error: .discarded
        ) { execution in
            do {
                var control: String?
                try await eventually("the second control plane listens") {
                    let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
                    control = log.firstMatch(of: /port=(\d+)/).map { "127.0.0.1:\($0.1)" }
                    return control != nil
                }
                let isEncrypted = settings.contains { $0.hasPrefix("listen.tls.") }
                try await body("\(isEncrypted ? "https" : "http")://\(control.required)")
            } catch {
                await execution.teardown(using: options.teardownSequence)
                throw error
            }
            await execution.teardown(using: options.teardownSequence)
        }
    }
}
