import EdgeAgent
import PurgeModel

/// Writes the configuration files of the agents and the control plane of the development environment.
struct DevConfigurationFiles {
    /// Brokers to use.
    var bootstrapServers: String
    /// Names of the topics.
    var topicPrefix: String
    /// Whether the brokers are the embedded cluster.
    var isEmbedded: Bool
    /// `log.level` of all.
    var logLevel: String
    /// `fence` of the agents, its file aside.
    var fence = FenceConfiguration()

    /// `agent.yaml` of one cache.
    func agent(_ cache: DevCache) -> String {
        """
        agent:
          id: \(cache.agent)
          region: dev
          state_directory: \(quoted(cache.directory + "/state"))
          admin_socket: \(quoted(cache.adminSocket))
        \(shared)
        caches:
          - path: \(quoted(cache.cachePath))
            cache_key: \(quoted(cache.cacheKey))
        fence:
          mode: \(fence.mode.rawValue)
          after: \(DurationText.text(fence.after))
          file: \(quoted(cache.fenceFile))
        guard:
          access_log: \(quoted(cache.fetchLog))
        \(asking(cache))
        \(tier(cache))
        metrics:
          port: 0

        """
    }

    private func asking(_ cache: DevCache) -> String {
        guard let ask = cache.ask else { return "" }
        return """
            ask:
              socket: \(quoted(cache.askSocket))
              marker: \(quoted(cache.askMarker))
              while: \(ask.rawValue)
            """
    }

    private func tier(_ cache: DevCache) -> String {
        guard let name = cache.tier.name else { return "" }
        let above = cache.tier.above.map { "\n  above: \($0)" } ?? ""
        return "tier:\n  name: \(name)\(above)"
    }

    /// `control.yaml`.
    func control(port: Int, stateDirectory: String) -> String {
        """
        state_directory: \(quoted(stateDirectory))
        listen:
          port: \(port)
        zones:
          file: zones.yaml
        \(shared)

        """
    }

    /// `zones.yaml`.
    var zones: String {
        """
        zones:
          - id: \(DevZone.id)
            name: \(DevZone.name)
            scope: [\(DevZone.scope.map(quoted).joined(separator: ", "))]

        """
    }

    private var shared: String {
        // The embedded cluster has no long poll: an empty fetch waits this long even if something arrives. Real brokers
        // answer at once, so the default stays there.
        let properties = isEmbedded ? "\n  properties:\n    fetch.wait.max.ms: 5" : ""
        return """
            kafka:
              bootstrap_servers: \(quoted(bootstrapServers))\(properties)
            topics:
              events: \(topicPrefix).events
              acks: \(topicPrefix).acks
              dead_letters: \(topicPrefix).dead_letters
              tiers: \(topicPrefix).tiers
            log:
              level: \(logLevel)
            """
    }

    /// A YAML string in double quotes.
    private func quoted(_ text: String) -> String {
        let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped)\""
    }
}
