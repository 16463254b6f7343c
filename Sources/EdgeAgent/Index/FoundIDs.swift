/// Objects that a run of index entries ends with, as many as were asked for.
struct FoundIDs {
    private let limit: Int
    private(set) var ids: [ObjectID] = []
    /// The first entry that was left; nil when none was.
    private(set) var next: [UInt8]?

    init(limit: Int) { self.limit = limit }

    /// Takes an entry in; false when there is no room for it.
    mutating func add(_ entry: Span<UInt8>) -> Bool {
        guard ids.count < limit else {
            next = entry.copy()
            return false
        }
        if let id = IndexKeys.objectID(endOf: entry) { ids.append(id) }
        return true
    }
}
