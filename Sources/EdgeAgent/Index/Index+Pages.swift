import RocksDB

/// Going through whole families, a page at a time.
extension Index {
    /// Entries of a family from a key on, at most `limit`, and the key to go on from; nil at the end.
    func page(
        of family: ColumnFamily, from key: [UInt8], to end: [UInt8]?, limit: Int
    ) throws(RocksDBError) -> (entries: [(key: [UInt8], value: [UInt8])], next: [UInt8]?) {
        var entries: [(key: [UInt8], value: [UInt8])] = []
        var next: [UInt8]?
        try database.scan(in: family, from: key, to: end, keepsBlocksCached: false) { key, value in
            guard entries.count < limit else {
                next = key.copy()
                return .stop
            }
            entries.append((key.copy(), value.copy()))
            return .next
        }
        return (entries, next)
    }

    /// Whether a family has a key that begins so.
    func hasKey(in family: ColumnFamily, beginningWith prefix: [UInt8]) throws(RocksDBError) -> Bool {
        var isFound = false
        try database.scan(in: family, from: prefix, to: prefix.prefixEnd) { _, _ in
            isFound = true
            return .stop
        }
        return isFound
    }
}
