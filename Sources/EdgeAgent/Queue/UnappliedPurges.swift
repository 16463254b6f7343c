import DequeModule

/// The purges in the queue that may not be applied yet, and since when they wait.
///
/// Those that were applied out of turn stay in here until they come to the front, or until they are more than the rest.
struct UnappliedPurges: Sendable {
    private struct Entry {
        var key: QueueKey
        var since: ContinuousClock.Instant
    }

    private var byPartition: [Int32: Deque<Entry>] = [:]
    private var count = 0

    /// Takes a purge in that was just queued.
    /// - Parameter open: what is in the queue.
    mutating func add(_ key: QueueKey, since: ContinuousClock.Instant, open: Set<QueueKey>) {
        // One purge that takes long must not let those behind it pile up here.
        if count > 2 * open.count + 1000 {
            byPartition = byPartition.mapValues { $0.filter { open.contains($0.key) } }
            count = byPartition.values.reduce(0) { $0 + $1.count }
        }
        byPartition[key.partition, default: []].append(Entry(key: key, since: since))
        count += 1
    }

    /// Forgets what turned out to be no purge.
    mutating func remove(_ key: QueueKey) {
        let before = byPartition[key.partition]?.count ?? 0
        byPartition[key.partition]?.removeAll { $0.key == key }
        count -= before - (byPartition[key.partition]?.count ?? 0)
    }

    /// Forgets a partition that starts over.
    mutating func drop(_ partition: Int32) {
        count -= byPartition.removeValue(forKey: partition)?.count ?? 0
    }

    /// The oldest purge of a partition that is still in the queue.
    mutating func oldest(of partition: Int32, open: Set<QueueKey>) -> PartitionReading.Oldest? {
        while let first = byPartition[partition]?.first {
            if open.contains(first.key) { return .init(offset: first.key.offset, since: first.since) }
            byPartition[partition]?.removeFirst()
            count -= 1
        }
        return nil
    }
}
