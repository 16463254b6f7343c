import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// The program under test, as a person would run it.
enum Program {
    /// What one run printed and how it ended.
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Built beside the test bundle.
    static var path: String {
        let products = Bundle.allBundles.map(\.bundleURL) + [URL(fileURLWithPath: CommandLine.arguments[0])]
        let candidates = products.map { $0.deletingLastPathComponent().appendingPathComponent("edge-purge").path }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "edge-purge"
    }

    /// Runs it to its end.
    static func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Outcome {
        try await run(arguments, environment: environment)
    }

    /// Runs it to its end.
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments), environment: Self.environment(with: environment),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
        )
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): -signal
            }
        return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// The environment of this process with some variables set.
    static func environment(with variables: [String: String]) -> Environment {
        let overrides = variables.reduce(into: [Environment.Key: String?]()) { all, one in
            if let key = Environment.Key(rawValue: one.key) { all[key] = one.value }
        }
        return .inherit.updating(overrides)
    }
}
