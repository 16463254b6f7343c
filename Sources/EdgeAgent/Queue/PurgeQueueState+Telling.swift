import PurgeModel

/// What the queue tells of itself.
extension PurgeQueue.State {
    /// How far each partition has got.
    ///
    /// - Parameter isEffective: whether all that is in the queue is effective.
    func progress(isEffective: Bool) -> [PartitionProgress] {
        trackers.sorted { $0.key < $1.key }.map { partition, tracker in
            // Until the flush is done nothing is known to be applied of what lies before it.
            let hasMissed = PurgeQueue.hasMissed(partition, self)
            return PartitionProgress(
                partition: partition, queued: tracker.next, applied: hasMissed ? 0 : max(0, tracker.applied),
                appliedRanges: hasMissed ? [] : tracker.appliedRanges,
                effective: isEffective && tracker.next >= 0 ? tracker.next : nil,
                highWatermark: max(highWatermarks[partition] ?? 0, tracker.next), mark: marks[partition]?.newest)
        }
    }

    /// How far reading has come in each partition that is read, and which purge has waited for longest.
    mutating func readings() -> [Int32: PartitionReading] {
        var readings: [Int32: PartitionReading] = [:]
        for partition in liveFrom.keys {
            guard let next = trackers[partition]?.next else { continue }
            readings[partition] = PartitionReading(
                next: next, oldest: unapplied.oldest(of: partition, open: open), unread: unread(partition),
                isCertain: !uncertain.contains(partition))
        }
        return readings
    }

    /// How things stand with the tier above; nil where the caches fill from the origin.
    var tier: TierStanding? {
        above.map { above in
            TierStanding(
                tier: above.tier, waiting: held.count, guardTime: above.guardTime,
                lateFills: above.lateFills, problem: above.problem, heardAt: above.heardAt)
        }
    }
}
