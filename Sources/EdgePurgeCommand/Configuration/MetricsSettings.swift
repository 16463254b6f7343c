import ControlPlane
import EdgeAgent

/// Maps `metrics` of `agent.yaml` and `control.yaml`.
enum MetricsSettings {
    /// Where an agent serves its metrics.
    static func agent(
        _ reader: SettingsReader, default builtIn: AgentMetricsConfiguration
    ) -> AgentMetricsConfiguration {
        var configuration = builtIn
        configuration.isEnabled = reader.boolean("metrics.enabled", default: builtIn.isEnabled)
        configuration.host = reader.text("metrics.host", default: builtIn.host)
        if configuration.host.isEmpty {
            reader.refuse("metrics.host", value: "", allowed: "an address or host name, such as 127.0.0.1 or 0.0.0.0")
        }
        configuration.port = reader.integer("metrics.port", default: builtIn.port, in: 0...65_535)
        return configuration
    }

    /// Who may read the metrics of a control plane.
    static func control(
        _ reader: SettingsReader, default builtIn: ControlMetricsConfiguration
    ) -> ControlMetricsConfiguration {
        var configuration = builtIn
        configuration.isOpen = reader.boolean("metrics.open", default: builtIn.isOpen)
        configuration.agentsMax = reader.integer("metrics.agents_max", default: builtIn.agentsMax, in: 0...100_000)
        return configuration
    }
}
