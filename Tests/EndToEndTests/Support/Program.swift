import Foundation
import Subprocess
import SystemPackage

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
        try await run(arguments, in: Self.environment(with: environment))
    }

    /// Runs it to its end.
    static func run(_ arguments: [String], in environment: Environment) async throws -> Outcome {
        try await run(path, arguments, in: environment)
    }

    /// Runs any program to its end.
    static func run(_ program: String, _ arguments: [String], in environment: Environment) async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: environment,
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
        )
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): -signal
            }
        return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// The environment of this process without another Kafka cluster: for whoever is given a cluster of the test's own.
    ///
    /// `KAFKA_…` variables come before what a configuration file says.
    static var environmentWithoutKafka: Environment {
        let names = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("KAFKA_") }
        return .inherit.updating(
            names.reduce(into: [Environment.Key: String?]()) { all, name in
                if let key = Environment.Key(rawValue: name) { all[key] = .some(nil) }
            })
    }

    /// The environment of this process, or another one, with some variables set.
    static func environment(with variables: [String: String], over inherited: Environment = .inherit) -> Environment {
        let overrides = variables.reduce(into: [Environment.Key: String?]()) { all, one in
            if let key = Environment.Key(rawValue: one.key) { all[key] = one.value }
        }
        return inherited.updating(overrides)
    }
}
