import PurgeModel

/// A purge that is being applied, piece by piece, so that a big one never holds up the small ones behind it.
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
    private var finder: IndexRangeFinder
    /// What it goes through, and where it goes on.
    private var range: IndexRange?
    private var cursor: [UInt8] = []
    private var families = PurgeFamilies()
    /// Families of which something could not be marked in this pass.
    private var unfinished: Set<FamilyHash> = []

    /// A purge that goes through everything.
    init(_ event: PurgeEvent, _ account: PurgeAccount, _ finder: IndexRangeFinder, newestDate: UInt32?) {
        self.init(event, account, finder, newestDate: newestDate, caches: nil)
    }

    /// A purge that is taken up again: what has failed and what it was waiting for, in the caches that are known now.
    init(
        resuming event: PurgeEvent, _ account: PurgeAccount, _ finder: IndexRangeFinder, newestDate: UInt32?,
        ready: Set<UInt8>
    ) {
        let caches = account.pending.intersection(ready)
        self.init(event, account, caches.isEmpty ? .nothing : finder, newestDate: newestDate, caches: caches)
        again = account.failed.filter { ready.contains($0.key.cache) }
        self.account.failed.removeAll { ready.contains($0.key.cache) }
        self.account.pending.subtract(caches)
        leads = self.account.takeLeads()
    }

    private init(
        _ event: PurgeEvent, _ account: PurgeAccount, _ finder: IndexRangeFinder, newestDate: UInt32?,
        caches: Set<UInt8>?
    ) {
        self.event = event
        self.account = account
        self.finder = finder
        self.newestDate = newestDate
        self.caches = caches
        again = []
    }

    private var hasRanges: Bool { range != nil || !finder.isThrough || !families.isEmpty }

    /// Whether everything that the purge names has been looked at.
    var isThrough: Bool { !hasRanges && again.isEmpty && leads.isEmpty }

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

    /// Takes note of a variant or slice that could not be marked.
    mutating func leftUnfinished(_ record: ObjectRecord) { unfinished.insert(FamilyHash(record)) }

    /// Whether some variant or slice of the same URL could not be marked.
    func isUnfinished(_ record: ObjectRecord) -> Bool {
        !unfinished.isEmpty && unfinished.contains(FamilyHash(record))
    }

    /// The next objects to look at, at most `limit` and each once, and moves on behind them.
    mutating func nextPiece(_ index: Index, limit: Int) throws -> PurgePiece {
        if !again.isEmpty { return try Self.next(&again, index, limit: limit) }
        guard hasRanges else { return try Self.next(&leads, index, limit: limit) }
        var piece = PurgePiece()
        var ids: [ObjectID] = []
        var known: Set<ObjectID> = []
        var heads: Set<ObjectID> = []
        var records: [ObjectID: ObjectRecord] = [:]
        let looksMax = limit * RoundBudget.looksPerObject
        let entries = IndexCursor(index)
        while ids.count < limit, piece.looks < looksMax, hasRanges {
            piece.looks += 1
            if !families.isEmpty {
                let (members, lead) = try families.next(entries, limit: limit - ids.count)
                for id in members where known.insert(id).inserted { ids.append(id) }
                guard let lead else { continue }
                heads.insert(lead)
                if known.insert(lead).inserted { ids.append(lead) }
                continue
            }
            guard let range = try nextRange(index, &piece.looks, looksMax) else { continue }
            let found = try entries.objectIDs(in: range, from: cursor, limit: limit - ids.count)
            if let next = found.next { cursor = next } else { self.range = nil }
            guard range.family == .tags else {
                for id in found.ids where known.insert(id).inserted { ids.append(id) }
                continue
            }
            // Variants and slices go together, or a stale one is served from what is left (docs/architecture.md).
            for (id, record) in try index.records(found.ids.filter { !known.contains($0) }) {
                guard record.hasSiblings else {
                    if known.insert(id).inserted { ids.append(id) }
                    records[id] = record
                    continue
                }
                guard families.begin(id, record) else { continue }
                records[id] = record
                piece.families.append(record)
            }
        }
        for (id, record) in try index.records(ids.filter { records[$0] == nil }) { records[id] = record }
        piece.objects = ids.compactMap { id in
            guard let record = records[id], isMeant(record) else { return nil }
            return PurgePiece.Object(id: id, record: record, isLead: heads.contains(id))
        }
        return piece
    }

    /// The range that it is at, or the next one; nil when that takes more looks than there are.
    private mutating func nextRange(_ index: Index, _ looks: inout Int, _ looksMax: Int) throws -> IndexRange? {
        if let range { return range }
        var left = looksMax - looks
        let before = left
        defer { looks += before - left }
        range = try finder.next(index, &left)
        cursor = range?.lower ?? []
        return range
    }

    /// The next of some objects, of which those that are still at their places.
    private static func next(_ again: inout [FailedObject], _ index: Index, limit: Int) throws -> PurgePiece {
        let piece = again.prefix(limit)
        let ids = try piece.compactMap { object throws -> ObjectID? in
            guard let entry = try index.entry(object.key), entry.generation == object.generation else { return nil }
            return entry.object
        }
        let objects = try index.records(ids).map { id, record in
            PurgePiece.Object(id: id, record: record, isLead: record.hasSiblings)
        }
        again.removeFirst(piece.count)
        return PurgePiece(objects: objects, looks: piece.count)
    }

    private func isMeant(_ record: ObjectRecord) -> Bool {
        if let newestDate, record.date > newestDate { return false }
        return caches?.contains(record.key.cache) ?? true
    }
}
