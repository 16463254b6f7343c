import PurgeModel

/// The two clocks of the agent: wall time for what is shown and compared with nginx's dates, monotonic time for
/// durations.
protocol AgentClock: Sendable {
    /// Wall time.
    var now: Timestamp { get }
    /// Monotonic time.
    var instant: ContinuousClock.Instant { get }
}
