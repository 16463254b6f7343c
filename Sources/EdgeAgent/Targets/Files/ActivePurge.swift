import PurgeModel

/// A purge that is being applied, slice by slice, so that a big one never holds up the small ones behind it.
struct ActivePurge {
    let event: PurgeEvent
    var account: PurgeAccount
    /// Whether something could not be changed since it was begun or taken up again.
    private(set) var hasFailed = false
    /// Objects whose date is later than this are newer than the purge and left alone (see ``PurgeJob/newestDate``).
    private let newestDate: UInt32?
    /// The caches that it goes through; nil: all.
    private let caches: Set<UInt8>?
    /// Objects that could not be changed before.
    private var again: [FailedObject]
    /// Variants and slices that have led to others, and may leave the index after all else.
    private var leads: [FailedObject] = []
    private var ranges: ArraySlice<IndexRange>
    private var cursor: [UInt8]

    /// Ranges looked into at most before other purges get their turn; most of a long list of URLs may be empty.
    private static let rangesMax = 512

    /// A purge that goes through everything.
    init(_ event: PurgeEvent, _ account: PurgeAccount, ranges: [IndexRange], newestDate: UInt32?) {
        self.init(event, account, ranges: ranges, newestDate: newestDate, caches: nil)
    }

    /// A purge that is taken up again: what has failed and what it was waiting for, in the caches that are known now.
    init(
        resuming event: PurgeEvent, _ account: PurgeAccount, ranges: [IndexRange], newestDate: UInt32,
        ready: Set<UInt8>
    ) {
        let caches = account.pending.intersection(ready)
        self.init(event, account, ranges: caches.isEmpty ? [] : ranges, newestDate: newestDate, caches: caches)
        again = account.failed.filter { ready.contains($0.key.cache) }
        self.account.failed.removeAll { ready.contains($0.key.cache) }
        self.account.pending.subtract(caches)
        leads = self.account.takeLeads()
    }

    private init(
        _ event: PurgeEvent, _ account: PurgeAccount, ranges: [IndexRange], newestDate: UInt32?, caches: Set<UInt8>?
    ) {
        self.event = event
        self.account = account
        self.ranges = ranges[...]
        self.newestDate = newestDate
        self.caches = caches
        again = []
        cursor = ranges.first?.lower ?? []
    }

    /// Whether everything that the purge names has been looked at.
    var isThrough: Bool { ranges.isEmpty && again.isEmpty && leads.isEmpty }

    /// Whether it is not one that was taken up again.
    var isFirstPass: Bool { caches == nil }

    /// Takes note of an object that could not be changed.
    mutating func failed(_ object: FailedObject) {
        hasFailed = true
        account.failed(object)
    }

    /// What is known of it when what it was going through is to be gone through again.
    func broken(_ configured: Set<UInt8>) -> PurgeAccount {
        var account = account
        account.beginAnew(in: caches ?? configured)
        account.failed += again
        return account
    }

    /// The next objects to look at, each once, at most about `limit`, and moves on behind them.
    mutating func nextObjects(_ index: Index, limit: Int) throws -> [(id: ObjectID, record: ObjectRecord)] {
        if !again.isEmpty { return try Self.next(&again, index, limit: limit) }
        if ranges.isEmpty { return try Self.next(&leads, index, limit: limit) }
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
            // Variants and slices go together, or a stale one is served from what is left (docs/architecture.md). In
            // one slice, however many they are: with the tagged one out of the index, a restart would not find the
            // others.
            var urls: Set<[UInt8]> = []
            for object in objects where object.record.hasSiblings {
                guard urls.insert(object.record.urlKey).inserted else { continue }
                let siblings = try index.family(of: object.record).filter { known.insert($0).inserted }
                objects += try index.records(siblings)
            }
        }
        return objects.filter { isMeant($0.record) }
    }

    /// The next of some objects, of which those that are still at their places.
    private static func next(
        _ again: inout [FailedObject], _ index: Index, limit: Int
    ) throws -> [(id: ObjectID, record: ObjectRecord)] {
        let piece = again.prefix(limit)
        let ids = try piece.compactMap { object throws -> ObjectID? in
            guard let entry = try index.entry(object.key), entry.generation == object.generation else { return nil }
            return entry.object
        }
        let objects = try index.records(ids)
        again.removeFirst(piece.count)
        return objects
    }

    private func isMeant(_ record: ObjectRecord) -> Bool {
        if let newestDate, record.date > newestDate { return false }
        return caches?.contains(record.key.cache) ?? true
    }
}
