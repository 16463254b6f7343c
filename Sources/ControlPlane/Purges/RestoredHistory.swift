import PurgeModel

/// What a control plane begins with.
struct RestoredHistory: Sendable {
    /// The oldest first.
    let purges: [HistoryPurge]
    /// Times to confirmed, by minutes since 1970.
    let minutes: [Int64: TimeHistogram]
    /// How far each partition of `purge.events` was read.
    let readTo: [Int32: Int64]
    /// From where on it is to be read again, so that marks can be compared; where absent, not again.
    let start: [Int32: Int64]
    /// What was found there.
    let marks: [Int32: [MessageMark]]
    /// How often each partition of `purge.events` was seen to be another topic's.
    let topics: [Int32: Int64]
    /// Who was a member, and whose the names were.
    let claims: [String: NameClaim]

    init(
        purges: [HistoryPurge] = [], minutes: [Int64: TimeHistogram] = [:], readTo: [Int32: Int64] = [:],
        start: [Int32: Int64] = [:], marks: [Int32: [MessageMark]] = [:], topics: [Int32: Int64] = [:],
        claims: [String: NameClaim] = [:]
    ) {
        self.purges = purges
        self.minutes = minutes
        self.readTo = readTo
        self.start = start
        self.marks = marks
        self.topics = topics
        self.claims = claims
    }
}
