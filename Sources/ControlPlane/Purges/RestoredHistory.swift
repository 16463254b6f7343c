/// What a control plane begins with.
struct RestoredHistory: Sendable {
    /// The oldest first.
    let purges: [HistoryPurge]
    /// Times to confirmed, by minutes since 1970.
    let minutes: [Int64: TimeHistogram]
    /// How far each partition of `purge.events` was read.
    let readTo: [Int32: Int64]

    init(purges: [HistoryPurge] = [], minutes: [Int64: TimeHistogram] = [:], readTo: [Int32: Int64] = [:]) {
        self.purges = purges
        self.minutes = minutes
        self.readTo = readTo
    }
}
