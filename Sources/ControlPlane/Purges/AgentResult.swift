import PurgeModel

/// What one agent told about one purge it has applied.
struct AgentResult: Sendable, Hashable {
    /// Objects removed or marked stale.
    let removed: Int
    /// Their bytes.
    let bytes: Int64
    /// When, on the agent's clock.
    let appliedAt: Timestamp
    /// How long it took, in microseconds.
    let tookMicroseconds: Int64
    /// Something stored next to what the purge names, where it removed nothing; the history does not keep it.
    var near: String?
}
