import PurgeModel

/// What became confirmed, for those who wait for it and those who count.
struct Confirmations: Sendable {
    /// How long confirmations took, minute by minute.
    private(set) var times = ConfirmationTimes()
    /// Purges that became confirmed since ``takeConfirmed()``.
    private var confirmed: [PurgeID] = []
    /// How long those took, where this process saw it; since ``takeSeenTimes()``.
    private var seenTimes: [Duration] = []

    /// A purge became confirmed.
    /// - Parameter isSeen: whether this process saw it happen, so that the time it took is its own measurement.
    mutating func add(_ id: PurgeID, _ confirmation: PurgeRecord.Confirmation?, isSeen: Bool) {
        if let at = confirmation?.at, let took = confirmation?.took { times.add(took, confirmedAt: at) }
        if isSeen, let took = confirmation?.took { seenTimes.append(took) }
        confirmed.append(id)
    }

    /// The purges that became confirmed since the last call.
    mutating func takeConfirmed() -> [PurgeID] {
        defer { confirmed = [] }
        return confirmed
    }

    /// How long the purges took that this process saw become confirmed since the last call.
    mutating func takeSeenTimes() -> [Duration] {
        defer { seenTimes = [] }
        return seenTimes
    }

    /// The minutes that changed since the last call.
    mutating func takeUnsavedMinutes() -> [Int64: TimeHistogram] { times.takeUnsaved() }

    /// Says that minutes could not be stored.
    mutating func keep(unsaved minutes: some Sequence<Int64>) { times.keep(unsaved: minutes) }

    /// Takes in a minute of the history.
    mutating func restore(_ minute: Int64, _ histogram: TimeHistogram) { times.restore(minute, histogram) }
}
