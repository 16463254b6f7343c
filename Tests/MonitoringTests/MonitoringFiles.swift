import Foundation
import Subprocess
import SystemPackage

/// The files in `deploy/` and `docs/` that name metrics.
enum MonitoringFiles {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Runs promtool in `deploy/prometheus`; returns what it said, and whether it was content.
    static func promtool(_ arguments: [String], input: String = "") async throws -> (isContent: Bool, said: String) {
        let result = try await Subprocess.run(
            .name("promtool"), arguments: Arguments(arguments),
            workingDirectory: FilePath(root.appending(path: "deploy/prometheus").path), input: .string(input),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return (result.terminationStatus.isSuccess, result.standardOutput + result.standardError)
    }
}
