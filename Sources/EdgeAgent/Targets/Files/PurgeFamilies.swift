import DequeModule

/// The families that a purge by tag takes along: all variants and slices of a URL of which one has the tag.
///
/// Each is gone through once in a purge, and a piece at a time: hundreds of its slices may have the tag, and it may be
/// of any size. The object that led to it (its *lead*) comes last: as long as it is in the index, a restart finds the
/// others through it.
struct PurgeFamilies {
    private struct Family {
        let lead: ObjectID
        /// Its runs of `urls`, one for each of its names.
        var ranges: ArraySlice<IndexRange>
        var cursor: [UInt8]
    }

    /// Families that are still to be gone through.
    private var waiting: Deque<Family> = []
    /// Those that were begun.
    private var known: Set<FamilyHash> = []

    /// Families remembered, 16 bytes each; beyond them one may be gone through again.
    private static let knownMax = 16_384

    var isEmpty: Bool { waiting.isEmpty }

    /// Begins the family of an object, unless it was begun; whether it does.
    mutating func begin(_ id: ObjectID, _ record: ObjectRecord) -> Bool {
        if known.count >= Self.knownMax { known = [] }
        guard known.insert(FamilyHash(record)).inserted else { return false }
        let ranges = record.urlKeys.map { IndexRange(.urls, prefix: $0) }
        waiting.append(Family(lead: id, ranges: ranges[...], cursor: ranges.first?.lower ?? []))
        return true
    }

    /// The next objects of the family whose turn it is, up to `limit`, its lead not among them; and the lead, if that
    /// is all.
    ///
    /// One look: most of the names of an object that has many may have no other.
    mutating func next(_ cursor: IndexCursor, limit: Int) throws -> (members: [ObjectID], lead: ObjectID?) {
        guard var family = waiting.popFirst() else { return ([], nil) }
        guard let range = family.ranges.first else { return ([], family.lead) }
        let found = try cursor.objectIDs(in: range, from: family.cursor, limit: limit)
        if let next = found.next {
            family.cursor = next
        } else {
            family.ranges.removeFirst()
            family.cursor = family.ranges.first?.lower ?? []
        }
        let members = found.ids.filter { $0 != family.lead }
        if family.ranges.isEmpty { return (members, family.lead) }
        waiting.prepend(family)
        return (members, nil)
    }
}
