import PurgeModel

/// Kafka, as far as the promises depend on it: an ordered log of purges in each partition, and what agents have said.
struct SimulatedBroker {
    /// One purge, and what it makes out of date.
    struct Entry {
        var event: PurgeEvent
        /// The pages it names, and the version each must have.
        var versions: [Int: Int]
    }

    /// Where a purge is.
    struct Place: Hashable {
        var partition: Int32
        var offset: Int64
    }

    let partitionCount: Int32
    private(set) var entries: [Place: Entry] = [:]
    private(set) var ends: [Int32: Int64] = [:]
    /// The oldest offset that retention has left.
    private(set) var lows: [Int32: Int64] = [:]
    private(set) var acknowledgements: [Acknowledgement] = []

    init(partitionCount: Int32) {
        self.partitionCount = partitionCount
        for partition in 0..<partitionCount { (ends[partition], lows[partition]) = (0, 0) }
    }

    mutating func append(_ entry: Entry, to partition: Int32) -> Place {
        let place = Place(partition: partition, offset: ends[partition] ?? 0)
        entries[place] = entry
        ends[partition] = place.offset + 1
        return place
    }

    mutating func acknowledge(_ acknowledgement: Acknowledgement) { acknowledgements.append(acknowledgement) }

    /// Retention: everything below is gone for those who have not read it.
    mutating func truncate(_ partition: Int32, to offset: Int64) {
        lows[partition] = min(max(lows[partition] ?? 0, offset), ends[partition] ?? 0)
    }

    /// Up to `limit` purges from an offset; nil when that is out of range.
    func read(_ partition: Int32, from offset: Int64, limit: Int) -> [(offset: Int64, entry: Entry)]? {
        let (low, end) = (lows[partition] ?? 0, ends[partition] ?? 0)
        guard (low...end).contains(offset) else { return nil }
        return (offset..<min(end, offset + Int64(limit))).compactMap { offset in
            entries[Place(partition: partition, offset: offset)].map { (offset, $0) }
        }
    }
}
