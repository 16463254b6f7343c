import PurgeModel

/// Answers what a purge would remove, from the index, without touching anything.
struct IndexSearch {
    let index: Index
    let caches: CacheSet

    private static let step = 512

    /// The first objects that match, up to the query's limit.
    func find(_ query: IndexQuery) throws -> FoundObjects {
        var found: [FoundObjects.Object] = []
        var more = false
        try visit(query) { record in
            guard found.count < query.limit else {
                more = true
                return false
            }
            found.append(try show(record))
            return true
        }
        return FoundObjects(objects: found, more: more)
    }

    /// How many objects match.
    func count(_ query: IndexQuery) throws -> ObjectCount {
        var count = 0
        try visit(query) { _ in
            count += 1
            return true
        }
        return ObjectCount(count: count)
    }

    /// Visits each matching object once until `body` answers false.
    private func visit(_ query: IndexQuery, _ body: (ObjectRecord) throws -> Bool) throws {
        let ranges = try index.ranges(for: query.selectors, scope: query.scope, forms: caches.forms)
        var seen: Set<ObjectID> = []
        for range in ranges {
            var cursor: [UInt8]? = range.lower
            while let from = cursor {
                let (ids, next) = try index.objectIDs(in: range, from: from, limit: Self.step)
                // Several ranges can name an object twice, and one range an object with several names.
                for (_, record) in try index.records(ids.filter { seen.insert($0).inserted }) {
                    guard try body(record) else { return }
                }
                cursor = next
            }
        }
    }

    private func show(_ record: ObjectRecord) throws -> FoundObjects.Object {
        FoundObjects.Object(
            hosts: try record.hosts.map { try index.hostText($0) },
            target: record.targets.map(TargetForm.text).joined(separator: " or "),
            tags: try Set(record.labels.map { String(decoding: try index.tag($0), as: UTF8.self) }).sorted(),
            tagsIncomplete: record.lacksTags,
            file: caches.path(of: record.key) ?? "(its cache is not open, or no longer configured)",
            storedAt: Timestamp(milliseconds: Int64(record.date) * 1000),
            bytes: Int(record.sizeKiB) * 1024
        )
    }
}
