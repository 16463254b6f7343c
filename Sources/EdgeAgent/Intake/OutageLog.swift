/// Keeps the log of an outage short: one line for each kind of failure, and one when it is over.
struct OutageLog: Sendable {
    private var began: ContinuousClock.Instant?
    private var counts: [String: Int] = [:]

    /// Counts a failure; says whether it is the first of its kind in this outage.
    mutating func note(_ kind: String, now: ContinuousClock.Instant) -> Bool {
        if began == nil { began = now }
        counts[kind, default: 0] += 1
        return counts[kind] == 1
    }

    /// Ends the outage, if there was one; says how long it was and what failed how often.
    mutating func end(now: ContinuousClock.Instant) -> (seconds: Int64, failures: String)? {
        guard let began else { return nil }
        defer { self = OutageLog() }
        let failures = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return (began.duration(to: now).components.seconds, failures)
    }
}
