import Foundation

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
    let web = WebClient()

    init(readyFile: String) throws {
        self.readyFile = readyFile
        ready = try Self.read(readyFile)
    }

    /// Process id of an agent at this moment.
    func processID(of agent: String) throws -> Int32? {
        try Self.read(readyFile).pids.agents[agent]
    }

    /// All process ids at this moment.
    func processIDs() throws -> Ready.ProcessIDs { try Self.read(readyFile).pids }

    private static func read(_ path: String) throws -> Ready {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Ready.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
