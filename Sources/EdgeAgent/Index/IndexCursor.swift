/// Looks up objects in many ranges of the index as it is at one moment, several times faster than one by one.
///
/// For one piece of work on one thread: see ``TableCursor``.
final class IndexCursor {
    private let index: Index
    private var urls: TableCursor?
    private var tags: TableCursor?

    init(_ index: Index) { self.index = index }

    /// As ``Index/objectIDs(in:from:limit:)``.
    func objectIDs(
        in range: IndexRange, from key: [UInt8], limit: Int
    ) throws -> (ids: [ObjectID], next: [UInt8]?) {
        let cursor = try cursor(range.family)
        var found = FoundIDs(limit: limit)
        try cursor.keys(from: key, to: range.upper) { found.add($0) }
        return (found.ids, found.next)
    }

    private func cursor(_ family: IndexRange.Family) throws -> TableCursor {
        switch family {
        case .urls:
            let cursor = try urls ?? index.tables.urls.cursor()
            urls = cursor
            return cursor
        case .tags:
            let cursor = try tags ?? index.tables.tags.cursor()
            tags = cursor
            return cursor
        }
    }
}
