import EdgeAgent
import FoundationEssentials
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the agent's configuration again at each SIGHUP: what may change while it runs are the caches and the log
/// level.
struct AgentReloader: Service {
    let agent: AgentSupervisor
    let options: SettingOptions
    let level: SharedLogLevel
    let logger: Logger
    /// What the agent runs with.
    let settings: [Setting]

    func run() async throws {
        var current = settings
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                let resolved = try AgentSettings.load(
                    path: options.path, environment: ProcessInfo.processInfo.environment, flags: options.flags
                )
                for key in Self.needRestart(from: current, to: resolved.settings) {
                    logger.warning("a changed setting takes effect at the next start only", metadata: ["key": "\(key)"])
                }
                level.value = resolved.logLevel
                agent.reload(caches: resolved.configuration.caches)
                current = resolved.settings
            } catch {
                logger.error("the configuration is not reloaded", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Keys whose values differ and cannot change while the agent runs.
    static func needRestart(from old: [Setting], to new: [Setting]) -> [String] {
        let values = { (settings: [Setting]) in Dictionary(settings.map { ($0.key, $0.value) }) { $1 } }
        let (before, after) = (values(old), values(new))
        return Set(before.keys).union(after.keys).filter { key in
            before[key] != after[key] && !key.hasPrefix("caches.") && key != "log.level"
        }.sorted()
    }
}
