import Logging
import Testing

@testable import EdgePurgeCommand

struct AgentReloaderTests {
    private func settings(_ lines: String) throws -> [Setting] {
        let flags = ["kafka.bootstrap_servers=k:9092", "caches.0.path=/c", "caches.0.cache_key=$host$request_uri"]
        let all = (flags + lines.split(separator: " ").map(String.init)).map { line in
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            return (key: parts[0], value: parts[1])
        }
        return try AgentSettings.load(path: nil, environment: [:], flags: all).settings
    }

    @Test func `caches and the log level may change, everything else is named`() throws {
        let old = try settings("agent.id=a")
        #expect(AgentReloader.needRestart(from: old, to: old).isEmpty)
        let allowed = try settings(
            "agent.id=a log.level=debug caches.0.path=/d caches.1.path=/e caches.1.cache_key=$host$request_uri")
        #expect(AgentReloader.needRestart(from: old, to: allowed).isEmpty)
        let other = try settings("agent.id=b queue.replay_window=20m log.level=debug")
        #expect(AgentReloader.needRestart(from: old, to: other) == ["agent.id", "queue.replay_window"])
    }

    @Test func `the level of all loggers changes at once, but not that of a copy with its own`() {
        let level = SharedLogLevel(.notice)
        let logger = Logger(label: "a") { level.handler($0) }
        var quiet = logger
        quiet.logLevel = .critical
        #expect(logger.logLevel == .notice)
        level.value = .debug
        #expect(logger.logLevel == .debug)
        #expect(quiet.logLevel == .critical)
    }
}
