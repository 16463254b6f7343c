import Foundation
import Kafka
import NIOHTTP1
import PurgeModel
import Subprocess
import SystemPackage
import TestSupport

@testable import EdgePurgeCommand

/// A control plane with tokens and a long history, as a process of its own.
struct HostileControl: Sendable {
    private static let zones = """
        zones:
          - {id: 023e105f4ecef8ad9ca31a8372d0c353, name: shop.example, scope: [shop.example]}
        """

    let port: Int
    let process: Int32
    /// Tokens by their names.
    let tokens: [String: String]

    /// Runs `body` with a control plane that knows so many purges, of which nobody confirms any; then ends it with
    /// SIGTERM.
    ///
    /// - Parameter permissions: of the tokens to make, by their names.
    /// - Returns: how long it took to end.
    static func run(
        history: Int, permissions: [String: String], _ body: @Sendable (HostileControl) async throws -> Void
    ) async throws -> Duration {
        let cluster = try MockCluster()
        defer { cluster.close() }
        for topic in ["purge.events", "purge.acks"] { try cluster.createTopic(topic, partitions: 4) }
        try await fill(cluster, history)
        let folder = NSTemporaryDirectory() + "hostile-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try await FreePorts.find(1)[0]
        try Data(zones.utf8).write(to: URL(fileURLWithPath: folder + "/zones.yaml"))
        let config = folder + "/control.yaml"
        try Data(
            """
            state_directory: \(folder)/state
            listen: {port: \(port)}
            tokens: {file: \(folder)/tokens.yaml}
            kafka: {bootstrap_servers: "\(cluster.bootstrapServers)"}
            log: {level: error}
            """.utf8
        ).write(to: URL(fileURLWithPath: config))
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(60))]
        var tokens: [String: String] = [:]
        for (name, permission) in permissions { tokens[name] = try await token(name, permission, folder) }
        let given = tokens
        let began = try await Subprocess.run(
            .path(FilePath(Program.path)), arguments: ["control", "--config", config],
            environment: Program.environmentWithoutKafka, platformOptions: options, input: .none, output: .discarded,
            error: .discarded
        ) { execution in
            do {
                try await WebClient.with { web in
                    try await eventually("the control plane is ready") {
                        (try? await web.json(.GET, "http://127.0.0.1:\(port)/readyz").status) == 200
                    }
                }
                try await body(
                    HostileControl(
                        port: port, process: Int32(execution.processIdentifier.value), tokens: given))
            } catch {
                await execution.teardown(using: options.teardownSequence)
                throw error
            }
            let began = ContinuousClock.now
            await execution.teardown(using: options.teardownSequence)
            return began
        }
        return began.closureResult.duration(to: .now)
    }

    /// Resident memory, in bytes.
    var memory: Int { ProcessMemory.resident(process) }

    private static func token(_ name: String, _ permission: String, _ folder: String) async throws -> String {
        let outcome = try await Program.run(
            ["token", "create", name, "--permission", permission]
                + (permission == "read" ? [] : ["--zone", "*"])
                + ["--tokens-file", folder + "/tokens.yaml", "--json"])
        guard outcome.status == 0 else { throw NeverHappened(what: "a token was made: \(outcome)") }
        return try JSONDecoder().decode(JSONValue.self, from: Data(outcome.output.utf8))["token"].text.required
    }

    /// Purges that somebody else wrote.
    private static func fill(_ cluster: MockCluster, _ count: Int) async throws {
        let producer = try Producer(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers))
        var random = SeededGenerator(seed: 37)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                var selectors = Selectors()
                selectors.urls = [try PurgeURL(validating: "http://shop.example/page/\(number)")]
                let event = PurgeEvent(
                    id: .random(using: &random), zone: "023e105f4ecef8ad9ca31a8372d0c353", scope: .all,
                    selectors: selectors, mode: .delete,
                    acceptedAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), source: "test")
                let value = PurgeEventCodec.encode(event)
                if number >= 1000 { try await group.next() }
                group.addTask {
                    _ = try await producer.send(topic: "purge.events", key: Array("\(number)".utf8), value: value)
                }
            }
            try await group.waitForAll()
        }
        await producer.closeGracefully(flushing: .seconds(10))
    }
}
