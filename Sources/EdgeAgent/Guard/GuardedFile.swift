/// A file that a standing guard names, and what was found out about it.
struct GuardedFile {
    /// How far the judgement of its present content has got.
    enum State: Hashable {
        /// There is nothing to judge: it was purged, or only invalidated so far.
        case settled
        /// It landed, and the access log may yet say when it was fetched.
        case waiting(until: ContinuousClock.Instant)
        /// It was fetched after the purge.
        case fresh
        /// Nothing is known and the one extra miss is spent: it is purged when the guard ends.
        case unproven
    }

    /// What the guards say.
    var match: GuardTable.Match
    /// What was read off the file when it last landed; nil while it is only watched.
    var facts: FillFacts?
    /// When the content before this one landed.
    var previous: Int64?
    /// Whether it was not stored anew, but made fresh again by a 304.
    var isRefreshed = false
    var state = State.settled
    /// The newest guard for which this file was purged without proof.
    var spent: UInt64 = 0
    /// The newest guard for which it was doubted because the caches above had something old.
    var doubted: UInt64 = 0
    /// Whether a 304 may make it fresh again, so that it has to be looked at.
    var isWatched = false
    /// When it is tried again, after it could not be purged.
    var backoff = Backoff()

    init(_ match: GuardTable.Match) { self.match = match }

    /// Whether its head came when every fetch that began before the purge had landed.
    var isNewerThanWindow: Bool { facts?.hadNoHead(by: match.span.until) ?? false }

    /// What the file alone and the access log say about its fetch.
    func verdict(_ evidence: FetchEvidence) -> FetchEvidence.Verdict {
        guard let facts else { return .unknown }
        if facts.hadHead(by: match.span.reference, isRefreshed: isRefreshed) { return .stale }
        if isNewerThanWindow { return .fresh }
        return evidence.verdict(
            facts, reference: match.span.reference, provenFrom: match.span.provenFrom, previous: previous)
    }
}
