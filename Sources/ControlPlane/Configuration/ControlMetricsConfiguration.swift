/// Who may read the metrics of a control plane, and how many agents they tell apart.
package struct ControlMetricsConfiguration: Sendable, Hashable {
    /// Whether `GET /metrics` needs no token.
    package var isOpen = false
    /// Agents that get series of their own, five each.
    ///
    /// With more agents, those that are behind, missing or not live come first; the others are only counted.
    package var agentsMax = 1000

    /// Creates a configuration with the documented defaults.
    package init() {}
}
