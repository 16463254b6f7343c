/// Where an agent serves its metrics.
///
/// They are also on the admin socket, always.
package struct AgentMetricsConfiguration: Sendable, Hashable {
    /// Whether they are served over TCP at all.
    package var isEnabled = true
    /// Address to listen on; loopback by default.
    package var host = "127.0.0.1"
    /// Port to listen on; 0 lets the system choose.
    package var port = 7481

    /// Creates a configuration with the documented defaults.
    package init() {}
}
