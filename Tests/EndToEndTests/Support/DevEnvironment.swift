import Foundation
import Kafka

@testable import EdgePurgeCommand

/// A running `edge-purge dev`: what its ready file says, read anew because agents come back with other process ids.
struct DevEnvironment: Sendable {
    struct Cache: Decodable, Sendable {
        var agent: String
        var url: String
        var cachePath: String
        var adminSocket: String
        var agentConfig: String
    }

    struct Ready: Decodable, Sendable {
        struct ProcessIDs: Decodable, Sendable {
            var agents: [String: Int32]
            var control: Int32?
            var nginx: [String: Int32]
        }

        struct Topics: Decodable, Sendable {
            var events: String
            var acks: String
            var deadLetters: String
            var tiers: String
        }

        var control: String
        var zone: String
        var zoneName: String
        var kafka: String
        var topics: Topics
        var origin: String
        var caches: [Cache]
        var pids: ProcessIDs
        var directory: String
        var controlConfig: String
    }

    /// The environment of the suite that runs.
    @TaskLocal static var current: DevEnvironment?

    let readyFile: String
    let ready: Ready
    let web: WebClient

    init(readyFile: String, web: WebClient) throws {
        self.readyFile = readyFile
        self.web = web
        ready = try Self.read(readyFile)
    }

    /// Whether the tests run on a cluster that was given to them, and not on the embedded one.
    static var isClusterGiven: Bool {
        ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"].map { !$0.isEmpty } ?? false
    }

    /// How to reach the cluster, with properties of a test's own.
    func kafka(_ properties: [String: String] = [:]) throws -> KafkaConfiguration {
        var configuration = try DevEnvironmentVariables.kafka(bootstrapServers: ready.kafka)
        configuration.properties.merge(properties) { $1 }
        return configuration
    }

    /// All process ids at this moment.
    func processIDs() throws -> Ready.ProcessIDs { try Self.read(readyFile).pids }

    private static func read(_ path: String) throws -> Ready {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Ready.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
