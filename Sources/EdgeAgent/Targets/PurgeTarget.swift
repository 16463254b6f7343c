import PurgeModel

/// A cache, or several of one kind, that purges are applied to.
///
/// ``PurgeWorker`` calls all of this on one thread. What fails in a target for a reason of its own, such as a file that
/// cannot be changed, is its to try again: it throws only what nothing can go on without, the database above all.
protocol PurgeTarget: AnyObject {
    /// What acknowledgements call it.
    var name: String { get }

    /// Whether purges may be begun; false while nothing is known of what is cached.
    var isReady: Bool { get }

    /// How long the next round may wait for something to happen; zero: there is work.
    func patience(_ now: ContinuousClock.Instant) -> Duration

    /// Takes up what an earlier run left, before the first round.
    func start() throws

    /// Takes note of everything that happened before this call.
    ///
    /// - Parameter hasPurges: whether purges were taken just before: what was stored before they were taken has to be
    ///   known afterwards.
    func catchUp(hasPurges: Bool) throws

    /// Begins a purge; a second call with the same key begins it anew.
    func begin(_ purge: PurgeJob) throws

    /// Works off a bounded piece of what was begun.
    ///
    /// What has to be kept at the same moment goes into `change`. The caller writes it, and says so with ``written()``
    /// before it calls anything else; if it does not, this call counts as never made.
    ///
    /// - Returns: how far each purge is that was worked on; one that is done is forgotten.
    func step(into change: inout Change) throws -> [PurgeStep]

    /// What the last ``step(into:)`` put into the change is written.
    func written()

    /// Does a bounded piece of everything else.
    ///
    /// - Parameter isIdle: whether no purge waits to be taken.
    func keepUp(isIdle: Bool) throws

    /// Nothing is purged after this; the next ``start()`` is in another process, perhaps after the machine has been
    /// down.
    func stop() throws
}
