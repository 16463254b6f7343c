import Foundation
import NIOHTTP1
import TestSupport

/// Agents, with the processes that come and go.
extension DevEnvironment {
    /// Process id of an agent at this moment.
    func processID(of agent: String) throws -> Int32? { try processIDs().agents[agent] }

    /// What an agent is configured with.
    func configuration(of cache: Cache) throws -> String {
        try String(contentsOfFile: cache.agentConfig, encoding: .utf8)
    }

    /// Gives an agent a configuration, and a new process, and waits until that is live.
    ///
    /// - Parameter signal: what ends the process that runs.
    func restart(_ cache: Cache, with configuration: String, signal: Int32 = SIGTERM) async throws {
        try configuration.write(toFile: cache.agentConfig, atomically: true, encoding: .utf8)
        var victim: Int32?
        try await eventually("\(cache.agent) runs") {
            victim = try processID(of: cache.agent)
            return victim != nil
        }
        let old = try victim.required
        kill(old, signal)
        try await eventually("another process has taken over") {
            try processID(of: cache.agent).map { $0 != old } ?? false
        }
        try await becomesLive(cache)
    }

    /// Waits until an agent says of itself that it is live: its cache is in use.
    func becomesLive(_ cache: Cache) async throws {
        try await eventually("\(cache.agent) is live") {
            (try? await web.admin(cache, "/v1/status")["status"].text) == "live"
        }
    }

    /// What the control plane knows of an agent.
    func agent(_ cache: Cache) async throws -> JSONValue {
        let agents = try await web.json(.GET, "\(ready.control)/v1/agents").value["agents"].items
        return agents.first { $0["agent"].text == cache.agent } ?? .null
    }
}
