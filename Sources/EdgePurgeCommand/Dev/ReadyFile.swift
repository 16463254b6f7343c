import FoundationEssentials
import LinuxFiles

/// The JSON that describes a running development environment to scripts.
struct ReadyFile: Encodable {
    /// One cache.
    struct Cache: Encodable {
        /// The agent's name.
        var agent: String
        /// nginx's URL; send `Host: shop.example`.
        var url: String
        /// The directory of `proxy_cache_path`.
        var cachePath: String
        /// The agent's admin socket.
        var adminSocket: String
        /// The agent's configuration file.
        var agentConfig: String
        /// nginx's access log.
        var accessLog: String
    }

    /// Process ids.
    ///
    /// Written anew when a child was restarted.
    struct ProcessIDs: Encodable {
        /// Agents by name.
        var agents: [String: Int32]
        /// The control plane.
        var control: Int32?
        /// The embedded broker; absent with a real cluster.
        var broker: Int32?
        /// nginx masters by the name of their agent.
        var nginx: [String: Int32]
    }

    /// The topics in use.
    struct Topics: Encodable {
        var events: String
        var acks: String
        var deadLetters: String
    }

    /// The control plane's URL.
    var control: String
    /// The zone's id.
    var zone: String
    /// The zone's name, which is the host to ask for.
    var zoneName: String
    /// Kafka's bootstrap servers.
    var kafka: String
    /// The topics in use.
    var topics: Topics
    /// The origin's URL.
    var origin: String
    /// All caches.
    var caches: [Cache]
    /// Process ids.
    var pids: ProcessIDs
    /// The directory that holds configuration and logs.
    var directory: String
    /// The control plane's configuration file.
    var controlConfig: String

    /// Writes it in one step: whoever finds the file finds all of it.
    func write(to path: String) throws(CommandFailure) {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try SmallFile.replace(path, with: Array(try encoder.encode(self)), permissions: 0o644)
        } catch {
            throw CommandFailure("the ready file \(path) cannot be written: \(FileProblem.reason(error))")
        }
    }
}
