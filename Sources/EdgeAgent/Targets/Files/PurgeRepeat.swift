import PurgeModel

/// A purge that is to be applied once more, for the sake of its guard.
struct PurgeRepeat: Sendable {
    let key: QueueKey
    let event: PurgeEvent
    /// Objects of a later date are newer than the purge: seconds since 1970.
    let newestDate: UInt32
    /// The guard, where it still stands.
    let guardNumber: UInt64?
    /// Caches that it is to go through as soon as they are known; nil: all.
    var caches: Set<UInt8>?
    /// Objects that could not be changed.
    var failed: [FailedObject] = []
}
