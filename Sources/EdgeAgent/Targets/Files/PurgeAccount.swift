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
    /// When what has failed is tried again.
    var backoff = Backoff()

    /// Failed objects remembered; of a cache with more of them everything is gone through again.
    private static let failedMax = 1024

    var isDone: Bool { failed.isEmpty && pending.isEmpty }

    /// Counts an object that was purged.
    mutating func count(_ record: ObjectRecord) {
        progress.removed += 1
        progress.bytes += Int64(record.sizeKiB) * 1024
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
