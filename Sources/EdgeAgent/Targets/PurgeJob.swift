import PurgeModel

/// A purge as targets get it.
struct PurgeJob: Sendable {
    let key: QueueKey
    let event: PurgeEvent
    /// Which of its passes this is.
    var pass = PurgePass.only
    /// Objects whose date is later than this, in seconds since 1970, are newer than the purge and left alone; nil in
    /// normal running, where a purge hits whatever matches now.
    let newestDate: UInt32?
    /// When it was queued, or taken up again after a restart.
    let started: ContinuousClock.Instant
    /// What an earlier run had removed.
    let progress: PurgeProgress

    /// Purges worked on in turns; beyond it a small one would have to wait for a big one to end.
    ///
    /// One zone alone has half of them.
    static let activeMax = 1024
    /// Bytes of their messages, shared likewise; in memory each takes about three times as much.
    static let activeBytesMax = 16 << 20
}
