/// What is known of a purge that was begun, apart from what it names.
struct PurgeAccount: Sendable {
    let key: QueueKey
    /// When it was queued, or taken up again after a restart.
    let started: ContinuousClock.Instant
    /// Whether it is applied once more, for the sake of its guard, and has been acknowledged before.
    let isRepeated: Bool
    /// The guard that it stands as; nil where none is needed.
    var guardNumber: UInt64?
    var progress: PurgeProgress
    /// Objects that it named and that could not be changed so far.
    var failed: [FailedObject] = []
    /// Caches that were not known when it was begun, or of which too many objects could not be changed: it has to go
    /// through them again.
    var pending: Set<UInt8> = []
    /// Variants and slices that are deleted, and stay in the index until the last of those caches is known: what lies
    /// there without the tag is found through them.
    private(set) var leads: [FailedObject] = []
    /// Whether something could not be changed when it was tried last; else it only waits for caches to become known.
    private(set) var isFailing = false
    /// When what has failed is tried again.
    private(set) var backoff = Backoff()
    /// The caches that were known when it was tried last.
    private(set) var tried: Set<UInt8> = []
    /// Its place among those that wait: they are taken up in the order in which they came.
    var turn = 0

    /// Failed objects remembered; of a cache with more of them everything is gone through again.
    private static let failedMax = 1024
    /// Leads remembered, 40 bytes each; others stay in the index until other files take their places.
    private static let leadsMax = 65_536

    var isDone: Bool { failed.isEmpty && pending.isEmpty }

    /// Counts an object that was purged.
    mutating func count(_ record: ObjectRecord) {
        progress.removed += 1
        progress.bytes += Int64(record.sizeKiB) * 1024
    }

    /// Takes note that it went through everything it can.
    ///
    /// - Parameter ready: the caches that are known.
    mutating func waits(isFailing: Bool, _ ready: Set<UInt8>, _ now: ContinuousClock.Instant) {
        self.isFailing = isFailing
        tried = ready
        if isFailing { backoff.failed(now) } else { backoff = Backoff() }
    }

    /// When it can be taken up again; nil: not with these caches alone.
    ///
    /// - Parameter ready: the caches that are known.
    func nextTry(_ ready: Set<UInt8>, _ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard isDone || failed.contains(where: { ready.contains($0.key.cache) }) || !pending.isDisjoint(with: ready)
        else { return nil }
        // A cache that has just become known need not wait for what has failed in another.
        if isDone || !pending.intersection(ready).isSubset(of: tried) { return now }
        return backoff.next ?? now
    }

    /// Forgets what was to be done in caches that are not looked after any more.
    mutating func keep(_ caches: Set<UInt8>) {
        pending.formIntersection(caches)
        failed.removeAll { !caches.contains($0.key.cache) }
        leads.removeAll { !caches.contains($0.key.cache) }
    }

    /// Takes note of a lead.
    mutating func lead(_ object: FailedObject) { if leads.count < Self.leadsMax { leads.append(object) } }

    /// The leads, once they are needed no more.
    mutating func takeLeads() -> [FailedObject] {
        guard pending.isEmpty else { return [] }
        defer { leads = [] }
        return leads
    }

    /// The index was emptied: what is not done is found in the new one.
    ///
    /// - Parameter caches: those that it has to go through again in any case.
    mutating func beginAnew(in caches: Set<UInt8>) {
        pending.formUnion(caches)
        leads = []
    }

    /// Takes note of an object that could not be changed.
    mutating func failed(_ object: FailedObject) {
        guard !pending.contains(object.key.cache) else { return }
        failed.append(object)
        guard failed.count > Self.failedMax else { return }
        pending.insert(object.key.cache)
        failed.removeAll { $0.key.cache == object.key.cache }
    }
}
