import PurgeModel

/// How far one target is with one purge.
struct PurgeStep: Sendable {
    enum State: Sendable {
        /// The target has done all that the purge asks for.
        case done
        /// There is more to do, now.
        case more
        /// Something it needs has failed, and is tried again by and by; the purge stays in the queue.
        case later
    }

    let key: QueueKey
    let state: State
    /// All that was removed so far, in earlier runs too.
    let progress: PurgeProgress
    /// Where nothing was removed: something stored next to what the purge names.
    var near: Neighbour?
}
