import RocksDB

/// Looks at many ranges of a table as they are at one moment, several times faster than a scan of each.
///
/// For one piece of work on one thread: the database cannot be closed meanwhile (`DatabaseCursor`).
struct TableCursor {
    private let cursor: DatabaseCursor

    init(_ cursor: DatabaseCursor) { self.cursor = cursor }

    /// Calls `body` with each key from one up to another (nil: to the end), in order, while it answers true.
    func keys(from lower: [UInt8], to upper: [UInt8]?, _ body: (Span<UInt8>) -> Bool) throws {
        try cursor.scan(from: lower, to: upper) { key, _ in body(key) ? .next : .stop }
    }
}
