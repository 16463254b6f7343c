import CRocksDB

extension Database {
    /// Visits entries in key order (unsigned bytes, shorter first) until the end of the range or until `body` answers
    /// `.stop`.
    ///
    /// The scan sees the state at its start: writes made meanwhile, also by `body`, do not show.
    ///
    /// - Parameters:
    ///   - family: where to look.
    ///   - lower: the first key, inclusive. Empty: from the beginning.
    ///   - upper: the end, exclusive. Nil: to the last key.
    ///   - keepsBlocksCached: false for one pass over very much, which would push everything else out of the cache.
    ///   - body: gets key and value, valid only during the call. It may use the database, but not close it.
    package func scan(
        in family: ColumnFamily, from lower: [UInt8], to upper: [UInt8]?, keepsBlocksCached: Bool = true,
        _ body: (Span<UInt8>, Span<UInt8>) -> ScanStep
    ) throws(RocksDBError) {
        try unsafe withIterator(in: family, from: [], to: upper, keepsBlocksCached: keepsBlocksCached) { iterator in
            unsafe withLibraryBytes(lower.span) { unsafe rocksdb_iter_seek(iterator, $0, $1) }
            while unsafe rocksdb_iter_valid(iterator) != 0 {
                var keyCount = 0
                var valueCount = 0
                let key = unsafe libraryBuffer(rocksdb_iter_key(iterator, &keyCount), keyCount)
                let value = unsafe libraryBuffer(rocksdb_iter_value(iterator, &valueCount), valueCount)
                if unsafe body(key.span, value.span) == .stop { return }
                unsafe rocksdb_iter_next(iterator)
            }
        }
    }

    /// The greatest key in a range, nil when there is none.
    ///
    /// - Parameters:
    ///   - family: where to look.
    ///   - lower: the beginning, inclusive. Without it the search goes back over everything deleted.
    ///   - upper: the end, exclusive. Nil: to the last key.
    package func lastKey(
        in family: ColumnFamily, notBelow lower: [UInt8] = [], below upper: [UInt8]?
    ) throws(RocksDBError) -> [UInt8]? {
        var last: [UInt8]?
        try unsafe withIterator(in: family, from: lower, to: upper, keepsBlocksCached: true) { iterator in
            // Stays below the upper bound by itself.
            unsafe rocksdb_iter_seek_to_last(iterator)
            guard unsafe rocksdb_iter_valid(iterator) != 0 else { return }
            var count = 0
            last = unsafe [UInt8](libraryBuffer(rocksdb_iter_key(iterator, &count), count))
        }
        return last
    }

    /// Runs `body` with an iterator that is confined to a range, then throws what the iterator met.
    private func withIterator(
        in family: ColumnFamily, from lower: [UInt8], to upper: [UInt8]?, keepsBlocksCached: Bool,
        _ body: (OpaquePointer) -> Void
    ) throws(RocksDBError) {
        try unsafe handles.withFamily(family) { (database, familyPointer) throws(RocksDBError) in
            // Nothing is below the empty key, and the library takes an empty bound for "no bound".
            if let upper, upper.isEmpty { return }
            let options = unsafe OwnedHandle(rocksdb_readoptions_create(), destroyedBy: rocksdb_readoptions_destroy)
            let upperBytes = upper ?? []
            // The library keeps the addresses of the bounds and the options, so the iterator lives inside these scopes.
            try unsafe options.withPointer { (options) throws(RocksDBError) in
                try unsafe withLibraryBytes(upperBytes.span) { (upperStart, upperCount) throws(RocksDBError) in
                    try unsafe withLibraryBytes(lower.span) { (lowerStart, lowerCount) throws(RocksDBError) in
                        if !keepsBlocksCached { unsafe rocksdb_readoptions_set_fill_cache(options, 0) }
                        if upper != nil {
                            unsafe rocksdb_readoptions_set_iterate_upper_bound(options, upperStart, upperCount)
                        }
                        if !lower.isEmpty {
                            unsafe rocksdb_readoptions_set_iterate_lower_bound(options, lowerStart, lowerCount)
                        }
                        let iterator = unsafe OwnedHandle(
                            rocksdb_create_iterator_cf(database, options, familyPointer),
                            destroyedBy: rocksdb_iter_destroy
                        )
                        try unsafe iterator.withPointer { (iterator) throws(RocksDBError) in
                            unsafe body(iterator)
                            try unsafe callLibrary("scanning \(family.name) in \(path)") { error in
                                unsafe rocksdb_iter_get_error(iterator, error)
                            }
                        }
                    }
                }
            }
        }
    }
}
