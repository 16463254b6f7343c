import RocksDB

/// One family of the agent's database.
///
/// Reading is safe from any thread. Every method throws `RocksDBError`, which ``StoreHealth`` judges.
struct Table: Sendable {
    private let database: Database
    /// What ``Change`` writes to.
    let family: ColumnFamily

    init(_ name: String, of database: Database) throws {
        self.database = database
        family = try database.columnFamily(name)
    }

    /// What is kept under a key; nil: nothing.
    func value(_ key: [UInt8]) throws -> [UInt8]? { try database.value(forKey: key, in: family) }

    /// What is kept under each of many keys, in the order asked: several times faster than one by one.
    func values(_ keys: [[UInt8]]) throws -> [[UInt8]?] { try database.values(forKeys: keys, in: family) }

    /// Calls `body` with each entry from a key up to another one (nil: to the end), in order, while it answers true.
    ///
    /// - Parameter keepsBlocksCached: false for long scans, which would push everything else out of memory.
    func scan(
        from lower: [UInt8], to upper: [UInt8]?, keepsBlocksCached: Bool = true,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Bool
    ) throws {
        var failure: (any Error)?
        try database.scan(in: family, from: lower, to: upper, keepsBlocksCached: keepsBlocksCached) { key, value in
            do {
                return try body(key, value) ? .next : .stop
            } catch {
                failure = error
                return .stop
            }
        }
        if let failure { throw failure }
    }

    /// Begins to look at many ranges as they are now.
    func cursor() throws -> TableCursor { TableCursor(try database.cursor(in: family)) }

    /// Up to `limit` entries of a range from a key on, and the key to go on from; nil at the end.
    func page(
        from lower: [UInt8], to upper: [UInt8]?, limit: Int
    ) throws -> (entries: [(key: [UInt8], value: [UInt8])], next: [UInt8]?) {
        var entries: [(key: [UInt8], value: [UInt8])] = []
        var next: [UInt8]?
        try scan(from: lower, to: upper, keepsBlocksCached: false) { key, value in
            guard entries.count < limit else {
                next = key.copy()
                return false
            }
            entries.append((key.copy(), value.copy()))
            return true
        }
        return (entries, next)
    }

    /// All entries whose keys begin so.
    func entries(beginningWith prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
        var entries: [(key: [UInt8], value: [UInt8])] = []
        try scan(from: prefix, to: prefix.prefixEnd) { key, value in
            entries.append((key.copy(), value.copy()))
            return true
        }
        return entries
    }

    /// Whether there is a key that begins so.
    func hasKey(beginningWith prefix: [UInt8]) throws -> Bool {
        var isFound = false
        try scan(from: prefix, to: prefix.prefixEnd) { _, _ in
            isFound = true
            return false
        }
        return isFound
    }

    /// The last key below another one; nil there: the last of all.
    func lastKey(below upper: [UInt8]?) throws -> [UInt8]? { try database.lastKey(in: family, below: upper) }

    /// Writes a file of entries, which `body` has to put in ascending order of keys, to be taken in with ``take(_:)``;
    /// nil where there are none.
    ///
    /// Several times faster than a ``Change``. Files of several tables may be made at once.
    func makeFile(
        _ body: (_ put: (_ key: [UInt8], _ value: [UInt8]) throws -> Void) throws -> Void
    ) throws -> String? {
        var writer = try database.makeSortedFileWriter(
            path: "\(database.path)/load-\(family.name).sst", for: family)
        try body { key, value in try writer.put(key, value) }
        return writer.count > 0 ? try writer.finish().path : nil
    }

    /// Takes in a file that ``makeFile(_:)`` made; the same entries replace themselves.
    func take(_ file: String) throws { try database.ingest([file], into: family) }

    /// Bytes on disk.
    var diskBytes: Int { number("rocksdb.total-sst-files-size") }

    /// Bytes in memory of its own: write buffers and table readers.
    var memoryBytes: Int {
        number("rocksdb.cur-size-all-mem-tables") + number("rocksdb.estimate-table-readers-mem")
    }

    /// Bytes of the block cache that all tables share.
    var blockCacheBytes: Int { number("rocksdb.block-cache-usage") }

    private func number(_ property: String) -> Int {
        database.property(property, in: family).flatMap { Int($0) } ?? 0
    }
}

extension Span<UInt8> {
    /// The bytes as an array of their own.
    func copy() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}
