import PurgeModel

/// A purge that is being applied, slice by slice, so that a big one never holds up the small ones behind it.
struct ActivePurge {
    let key: QueueKey
    let event: PurgeEvent
    /// Objects whose header date is later than this are newer than the purge and left alone (docs/architecture.md, late purges);
    /// nil in normal running, where a purge hits whatever matches now.
    let newestDate: UInt32?
    /// When it was queued, or taken up again after a restart.
    let started: ContinuousClock.Instant
    /// The guard that it stands as; nil where none is needed.
    var guardNumber: UInt64?
    /// Whether it is applied once more, for the sake of its guard, and has been acknowledged before.
    var isRepeated = false
    private(set) var removed: Int
    private(set) var bytes: Int64
    private var ranges: ArraySlice<IndexRange>
    private var cursor: [UInt8]

    /// Ranges looked into at most before other purges get their turn; most of a long list of URLs may be empty.
    private static let rangesMax = 512

    init(
        key: QueueKey, event: PurgeEvent, ranges: [IndexRange], progress: (removed: Int, bytes: Int64),
        newestDate: UInt32?, started: ContinuousClock.Instant
    ) {
        self.key = key
        self.event = event
        self.ranges = ranges[...]
        self.newestDate = newestDate
        self.started = started
        removed = progress.removed
        bytes = progress.bytes
        cursor = ranges.first?.lower ?? []
    }

    /// Whether everything that the purge names has been looked at.
    var isDone: Bool { ranges.isEmpty }

    /// The next objects to look at, each once, at most about `limit`, and moves on behind them.
    mutating func nextObjects(_ index: Index, limit: Int) throws -> [(id: ObjectID, record: ObjectRecord)] {
        var ids: [ObjectID] = []
        var known: Set<ObjectID> = []
        var fromTags = false
        var rangesLeft = Self.rangesMax
        while ids.count < limit, rangesLeft > 0, let range = ranges.first {
            let found = try index.objectIDs(in: range, from: cursor, limit: limit - ids.count)
            for id in found.ids where known.insert(id).inserted { ids.append(id) }
            fromTags = fromTags || range.family == .tags
            rangesLeft -= 1
            if let next = found.next {
                cursor = next
            } else {
                ranges.removeFirst()
                cursor = ranges.first?.lower ?? []
            }
        }
        var objects = try index.records(ids)
        if fromTags {
            // Variants and slices go together, or a stale one is served from what is left (docs/architecture.md). In one slice, however
            // many they are: with the tagged one out of the index, a restart would not find the others.
            var urls: Set<[UInt8]> = []
            for object in objects where object.record.hasSiblings {
                guard urls.insert(object.record.urlKey).inserted else { continue }
                let siblings = try index.family(of: object.record).filter { known.insert($0).inserted }
                objects += try index.records(siblings)
            }
        }
        guard let newestDate else { return objects }
        return objects.filter { $0.record.date <= newestDate }
    }

    /// Counts an object that was purged.
    mutating func count(_ record: ObjectRecord) {
        removed += 1
        bytes += Int64(record.sizeKiB) * 1024
    }
}
