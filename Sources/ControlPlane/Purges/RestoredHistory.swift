/// What a control plane begins with.
struct RestoredHistory: Sendable {
    /// The oldest first.
    let purges: [HistoryPurge]
    /// Times to confirmed, by minutes since 1970.
    let minutes: [Int64: TimeHistogram]
    /// How far each partition of `purge.events` was read.
    let readTo: [Int32: Int64]
    /// Whose the names of agents were.
    let claims: [String: NameClaim]

    init(
        purges: [HistoryPurge] = [], minutes: [Int64: TimeHistogram] = [:], readTo: [Int32: Int64] = [:],
        claims: [String: NameClaim] = [:]
    ) {
        self.purges = purges
        self.minutes = minutes
        self.readTo = readTo
        self.claims = claims
    }
}
