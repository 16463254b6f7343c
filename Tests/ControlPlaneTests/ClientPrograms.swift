import Foundation
import Subprocess
import SystemPackage

/// Programs that `make test` installs into `.build/venv`, and what they print.
enum ClientPrograms {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Whether they are installed.
    static let areInstalled = FileManager.default.isExecutableFile(atPath: path("schemathesis"))

    /// Where a program of the virtual environment is.
    static func path(_ name: String) -> String {
        root.appending(path: ".build/venv/bin/\(name)").path
    }

    /// Where a script of ours is.
    static func script(_ name: String) -> String {
        root.appending(path: "scripts/\(name)").path
    }

    /// Runs a program to its end; answers whether it succeeded and everything it said.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (isSuccess: Bool, text: String) {
        let overrides = environment.reduce(into: [Environment.Key: String?]()) { all, one in
            if let key = Environment.Key(rawValue: one.key) { all[key] = one.value }
        }
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: .inherit.updating(overrides),
            output: .string(limit: 4 << 20), error: .string(limit: 1 << 20))
        return (result.terminationStatus.isSuccess, result.standardOutput + result.standardError)
    }
}
