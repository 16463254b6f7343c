internal import PurgeModel

/// What one agent told about one purge it has applied.
struct AgentResult: Sendable, Hashable {
    /// Objects removed or marked stale.
    var removed: Int
    /// Their bytes.
    var bytes: Int64
    /// When, on the agent's clock.
    var appliedAt: Timestamp
    /// How long it took, in microseconds.
    var tookMicroseconds: Int64
}
