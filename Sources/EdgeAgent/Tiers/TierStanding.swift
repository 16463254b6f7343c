/// How things stand with the tier that an agent's caches fill from.
struct TierStanding: Sendable {
    /// The tier above.
    let tier: String
    /// Purges that were applied here and wait for it.
    let waiting: Int
    /// For how long after it has applied a purge it may still answer with what is older; nil: nobody has told.
    let guardTime: Duration?
    /// How often it was told that it has taken out what may have been older than a purge.
    let lateFills: Int
    /// Why nobody waits for it.
    let problem: String?
    /// When a control plane told of it last.
    let heardAt: ContinuousClock.Instant?
}
