import PurgeModel

/// What became effective and confirmed, for those who wait for it and those who count.
struct Confirmations: Sendable {
    /// How long confirmations took, minute by minute.
    private(set) var times = ConfirmationTimes()
    /// Purges that reached a milestone since ``takeReached(_:)``.
    private var reached = ByMilestone<[PurgeID]>(each: [])
    /// How long those took, where this process saw it; since ``takeSeenTimes(_:)``.
    private var seenTimes = ByMilestone<[Duration]>(each: [])

    /// A purge reached a milestone.
    /// - Parameter isSeen: whether this process saw it happen, so that the time it took is its own measurement.
    mutating func add(_ id: PurgeID, _ milestone: Milestone, _ when: Reached, isSeen: Bool) {
        if milestone == .confirmed, let at = when.at, let took = when.took { times.add(took, confirmedAt: at) }
        if isSeen, let took = when.took { seenTimes[milestone].append(took) }
        reached[milestone].append(id)
    }

    /// The purges that reached a milestone since the last call.
    mutating func takeReached(_ milestone: Milestone) -> [PurgeID] {
        defer { reached[milestone] = [] }
        return reached[milestone]
    }

    /// How long the purges took that this process saw reach a milestone since the last call.
    mutating func takeSeenTimes(_ milestone: Milestone) -> [Duration] {
        defer { seenTimes[milestone] = [] }
        return seenTimes[milestone]
    }

    /// The minutes that changed since the last call.
    mutating func takeUnsavedMinutes() -> [Int64: TimeHistogram] { times.takeUnsaved() }

    /// Says that minutes could not be stored.
    mutating func keep(unsaved minutes: some Sequence<Int64>) { times.keep(unsaved: minutes) }

    /// Takes in a minute of the history.
    mutating func restore(_ minute: Int64, _ histogram: TimeHistogram) { times.restore(minute, histogram) }
}
