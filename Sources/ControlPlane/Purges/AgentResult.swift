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

    /// What may count: no machine has more, and the sum over ten thousand that say so is a number.
    private static let possible: ClosedRange<Int64> = 0...(1 << 48)

    /// The numbers come from outside; what cannot be counts as the nearest that can.
    init(removed: Int, bytes: Int64, appliedAt: Timestamp, tookMicroseconds: Int64, near: String? = nil) {
        self.removed = Int(min(max(Int64(removed), Self.possible.lowerBound), Self.possible.upperBound))
        self.bytes = min(max(bytes, Self.possible.lowerBound), Self.possible.upperBound)
        self.appliedAt = appliedAt
        self.tookMicroseconds = tookMicroseconds
        self.near = near
    }
}
