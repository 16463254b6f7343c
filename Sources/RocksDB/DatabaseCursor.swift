import CRocksDB

/// Looks into one family as it was at one moment, at many short ranges one after the other.
///
/// What a scan has to prepare takes several times as long as a short look: here it is prepared once. And it remembers
/// where it found nothing: a range in there costs two comparisons. The database is not closed while there is a cursor,
/// and keeps what is deleted meanwhile: have one only for as long as you look. Not `Sendable`: one thread at a time.
@safe
package final class DatabaseCursor {
    /// Deleted entries that are passed over in one look, which takes less than a millisecond.
    ///
    /// A scan with an upper bound passes over none beyond it; a cursor has no bound, and past a range there may be
    /// millions. Those it has passed over once are a gap that it remembers.
    static let skippedMax: UInt64 = 4096
    /// After so many looks that were too long, all are left to scans.
    private static let longLooksMax = 3

    private let database: Database
    private let family: ColumnFamily
    private let iterator: OpaquePointer
    /// A range without entries: its beginning, inclusive, and its end, exclusive; nil: to the last key.
    private var gap: (lower: [UInt8], upper: [UInt8]?)?
    /// Looks that ended among deleted entries.
    private var longLooks = 0

    /// Begins to look at a family as it is now.
    ///
    /// Throws `.closed`, and `.invalidArgument` for a family of another database.
    init(_ database: Database, _ family: ColumnFamily) throws(RocksDBError) {
        let handles = database.handles
        try handles.enter(family)
        self.database = database
        self.family = family
        let options = unsafe OwnedHandle(rocksdb_readoptions_create(), destroyedBy: rocksdb_readoptions_destroy)
        // The iterator has a copy of the options.
        unsafe iterator = unsafe options.withPointer { options in
            unsafe rocksdb_readoptions_set_max_skippable_internal_keys(options, Self.skippedMax)
            return unsafe rocksdb_create_iterator_cf(handles.database, options, family.entry.pointer)
        }
    }

    deinit {
        unsafe rocksdb_iter_destroy(iterator)
        database.handles.gate.leave()
    }

    /// Visits the entries of a range in key order until its end or until `body` answers `.stop`.
    ///
    /// Where very much was deleted it looks at the family as it is now, and no more as it was.
    ///
    /// - Parameters:
    ///   - lower: the first key, inclusive.
    ///   - upper: the end, exclusive. Nil: to the last key.
    ///   - body: gets key and value, valid only during the call.
    package func scan(
        from lower: [UInt8], to upper: [UInt8]?, _ body: (Span<UInt8>, Span<UInt8>) -> ScanStep
    ) throws(RocksDBError) {
        if isInGap(lower, upper) { return }
        guard longLooks < Self.longLooksMax else {
            return try database.scan(in: family, from: lower, to: upper, body)
        }
        unsafe withLibraryBytes(lower.span) { unsafe rocksdb_iter_seek(iterator, $0, $1) }
        // The least key that was not visited.
        var next = lower
        while unsafe rocksdb_iter_valid(iterator) != 0 {
            var (keyCount, valueCount) = (0, 0)
            let key = unsafe libraryBuffer(rocksdb_iter_key(iterator, &keyCount), keyCount)
            if let upper, unsafe !Self.precedes(key.span, upper.span) {
                gap = unsafe (next, [UInt8](key))
                return
            }
            let value = unsafe libraryBuffer(rocksdb_iter_value(iterator, &valueCount), valueCount)
            if unsafe body(key.span, value.span) == .stop { return }
            next.removeAll(keepingCapacity: true)
            unsafe next += key
            next.append(0)
            unsafe rocksdb_iter_next(iterator)
        }
        guard try isAtEnd() else {
            longLooks += 1
            return try database.scan(in: family, from: next, to: upper, body)
        }
        gap = (next, nil)
    }

    /// Whether the iterator has come to the end of the family; false: it gave up among deleted entries.
    private func isAtEnd() throws(RocksDBError) -> Bool {
        var text: UnsafeMutablePointer<CChar>?
        unsafe rocksdb_iter_get_error(iterator, &text)
        guard let text = unsafe text else { return true }
        let message = unsafe takeString(text)
        if message.hasPrefix("Result incomplete") { return false }
        throw RocksDBError(libraryText: message, action: "looking into \(family.name) in \(database.path)")
    }

    private func isInGap(_ lower: [UInt8], _ upper: [UInt8]?) -> Bool {
        guard let gap, !Self.precedes(lower.span, gap.lower.span) else { return false }
        guard let end = gap.upper else { return true }
        return upper.map { !Self.precedes(end.span, $0.span) } ?? false
    }

    /// Whether a key comes before another one: unsigned bytes, shorter first.
    private static func precedes(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        for index in 0..<min(one.count, other.count) where one[index] != other[index] {
            return one[index] < other[index]
        }
        return one.count < other.count
    }
}

extension Database {
    /// Begins to look at many ranges of a family as it is now.
    package func cursor(in family: ColumnFamily) throws(RocksDBError) -> DatabaseCursor {
        try DatabaseCursor(self, family)
    }
}
