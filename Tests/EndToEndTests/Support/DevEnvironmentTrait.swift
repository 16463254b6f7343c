import Foundation
import Kafka
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Runs a suite against one `edge-purge dev`, started before its first test and stopped, as by Ctrl-C, after its last.
struct DevEnvironmentTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await DevEnvironment.run { environment in
            try await DevEnvironment.$current.withValue(environment) { try await function() }
        }
    }
}

extension Trait where Self == DevEnvironmentTrait {
    /// One `edge-purge dev` for the whole suite.
    static var developmentEnvironment: Self { Self() }
}

extension DevEnvironment {
    /// Runs `body` against an `edge-purge dev` of its own.
    ///
    /// - Parameters:
    ///   - options: further options of `edge-purge dev`.
    ///   - variables: environment variables that it and its children get.
    ///   - cluster: the cluster that it uses; nil: the one that the tests are given, or an embedded one.
    ///   - user: who runs it; nil: whoever runs the tests.
    static func run(
        options: [String] = [], variables: [String: String] = [:], cluster: MockCluster? = nil,
        user: OrdinaryUser? = nil,
        _ body: (DevEnvironment) async throws -> Void
    ) async throws {
        let folder = user.map { $0.temporary + "/" } ?? NSTemporaryDirectory()
        let readyFile = folder + "edge-purge-ready-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: readyFile) }
        var platform = PlatformOptions()
        platform.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(30))]
        let command =
            (user?.command ?? [Program.path]) + ["dev", "--ready-file", readyFile, "--log-level", "info"] + options
        var variables = variables.merging(user?.variables ?? [:]) { $1 }
        if let cluster {
            variables["KAFKA_BOOTSTRAP_SERVERS"] = cluster.bootstrapServers
            // This broker has no long poll.
            variables["KAFKA_PROPERTIES_FETCH_WAIT_MAX_MS"] = "10"
        }
        let inherited = cluster == nil ? Environment.inherit : Program.environmentWithoutKafka
        _ = try await Subprocess.run(
            .path(FilePath(command[0])), arguments: Arguments(Array(command.dropFirst())),
            environment: Program.environment(with: variables, over: inherited), platformOptions: platform, input: .none,
            output: .discarded, error: .discarded
        ) { execution in
            try await eventually("edge-purge dev is ready", within: .seconds(120)) {
                FileManager.default.fileExists(atPath: readyFile)
            }
            try await WebClient.with { web in try await body(DevEnvironment(readyFile: readyFile, web: web)) }
            await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(30))])
        }
    }
}
