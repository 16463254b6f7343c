import Foundation
import Subprocess
import Testing

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs a suite against one `edge-purge dev`, started before its first test and stopped, as by Ctrl-C, after its last.
struct DevEnvironmentTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let readyFile = NSTemporaryDirectory() + "edge-purge-ready-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: readyFile) }
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(30))]
        let arguments = ["dev", "--ready-file", readyFile, "--log-level", "info"]
        _ = try await Subprocess.run(
            .path(FilePath(Program.path)), arguments: Arguments(arguments), platformOptions: options, input: .none,
            output: .discarded, error: .discarded
        ) { execution in
            try await eventually("edge-purge dev is ready", within: .seconds(120)) {
                FileManager.default.fileExists(atPath: readyFile)
            }
            let environment = try DevEnvironment(readyFile: readyFile)
            do {
                try await DevEnvironment.$current.withValue(environment) { try await function() }
            } catch {
                try await environment.web.close()
                throw error
            }
            try await environment.web.close()
            await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(30))])
        }
    }
}

extension Trait where Self == DevEnvironmentTrait {
    /// One `edge-purge dev` for the whole suite.
    static var developmentEnvironment: Self { Self() }
}
