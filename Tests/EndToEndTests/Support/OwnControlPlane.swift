import Foundation
import Kafka
import NIOHTTP1
import Subprocess
import SystemPackage
import TestSupport

@testable import EdgePurgeCommand

/// `edge-purge control` on a cluster of a test's own, with an empty state directory and one zone, `shop.example`.
struct OwnControlPlane: Sendable {
    /// The id of its zone.
    static let zone = "023e105f4ecef8ad9ca31a8372d0c353"
    private static let zones = """
        zones:
          - {id: \(zone), name: shop.example, scope: [shop.example]}
        """

    let port: Int
    let process: Int32
    let web: WebClient
    /// Tokens by their names.
    let tokens: [String: String]

    var url: String { "http://127.0.0.1:\(port)" }

    /// Runs `body` when it is ready; then ends it with SIGTERM, if it has not ended by itself.
    ///
    /// - Parameter permissions: of the tokens to make, by their names; without any it has no tokens.
    /// - Returns: how long it took to end.
    @discardableResult
    static func run(
        _ cluster: MockCluster, permissions: [String: String] = [:],
        _ body: @Sendable (OwnControlPlane) async throws -> Void
    ) async throws -> Duration {
        let folder = NSTemporaryDirectory() + "control-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = TokenFile(path: folder + "/tokens.yaml")
        var tokens: [String: String] = [:]
        for (name, permission) in permissions { tokens[name] = try await file.make(name, permission) }
        let port = try await FreePorts.find(1)[0]
        try Data(zones.utf8).write(to: URL(fileURLWithPath: folder + "/zones.yaml"))
        try Data(
            """
            state_directory: \(folder)/state
            listen: {port: \(port)}
            \(tokens.isEmpty ? "" : "tokens: {file: \(file.path)}")
            kafka: {bootstrap_servers: "\(cluster.bootstrapServers)"}
            log: {level: error}
            """.utf8
        ).write(to: URL(fileURLWithPath: folder + "/control.yaml"))
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(60))]
        let given = tokens
        let end = try await Subprocess.run(
            .path(FilePath(Program.path)), arguments: ["control", "--config", folder + "/control.yaml"],
            environment: Program.environmentWithoutKafka, platformOptions: options, input: .none, output: .discarded,
            error: .discarded
        ) { execution in
            do {
                try await WebClient.with { web in
                    let control = OwnControlPlane(
                        port: port, process: Int32(execution.processIdentifier.value), web: web, tokens: given)
                    try await eventually("the control plane is ready") {
                        (try? await web.json(.GET, control.url + "/readyz").status) == 200
                    }
                    try await body(control)
                }
            } catch {
                await execution.teardown(using: options.teardownSequence)
                throw error
            }
            let end = ContinuousClock.now
            await execution.teardown(using: options.teardownSequence)
            return end
        }
        return end.closureResult.duration(to: .now)
    }
}
