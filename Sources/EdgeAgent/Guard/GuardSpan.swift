import PurgeModel

/// From when to when it is not certain whether what was stored is older than a purge; moments of wall time are in
/// milliseconds since 1970.
struct GuardSpan: Hashable, Sendable {
    /// What was fetched at or before this moment may be older than the purge.
    let reference: Int64
    /// What was fetched later is newer; between the two nobody knows, since it may have come from another cache.
    let provenFrom: Int64
    /// What had its response head later than this was fetched after ``provenFrom``, for no fetch takes longer.
    let until: Int64

    /// Until the tier above has applied the purge, nothing is known to be newer.
    var waitsForTier: Bool { provenFrom == .max }

    /// - Parameters:
    ///   - guardTime: for how long after the reference another cache may still answer with what is older.
    ///   - window: the longest time between a response being asked for and stored.
    init(from reference: Int64, guardTime: Duration = .zero, window: Duration) {
        self.reference = reference
        provenFrom = reference + guardTime.wholeMilliseconds
        until = provenFrom + window.wholeMilliseconds
    }

    /// One that goes on until the tier above has applied the purge.
    init(waitingSince reference: Int64) {
        self.reference = reference
        (provenFrom, until) = (.max, .max)
    }

    /// That of a purge that begins to guard now, in one of its passes.
    init(
        _ pass: PurgePass, queued: ContinuousClock.Instant, _ clocks: WallClockReference, window: Duration,
        now: ContinuousClock.Instant
    ) {
        switch pass {
        // When it was queued is later than when it was accepted, and by this machine's own clock.
        case .only: self.init(from: clocks.milliseconds(queued), window: window)
        case .first: self.init(waitingSince: clocks.milliseconds(queued))
        // The tier above had applied it by now.
        case .last(let guardTime):
            self.init(from: clocks.milliseconds(now), guardTime: guardTime, window: window)
        }
    }

    /// That of one that an earlier run left.
    ///
    /// - Parameter fillsFromTier: whether the caches fill from others; how much of it was theirs is not kept.
    init(_ record: GuardRecord, fillsFromTier: Bool) {
        reference = record.reference
        provenFrom = fillsFromTier ? max(record.reference, record.until) : record.reference
        until = record.until
    }

    /// How long it is; zero for one that waits for the tier above.
    var length: Duration { waitsForTier ? .zero : .milliseconds(max(0, until - reference)) }
}
