/// A purge that is to be applied once more, for the sake of its guard.
struct PurgeRepeat: Sendable {
    let key: QueueKey
    /// The guard, where it still stands.
    let guardNumber: UInt64?
    /// Caches that it is to go through, each as soon as it is known; nil: all.
    var caches: Set<UInt8>?
    /// Objects that could not be changed.
    var failed: [FailedObject] = []
}
