import CRocksDB

extension Database {
    /// Writes all memory tables out as files and waits for it.
    ///
    /// Afterwards the write-ahead log is not needed any more.
    package func flush() throws(RocksDBError) {
        try unsafe handles.withDatabase { (database) throws(RocksDBError) in
            let options = unsafe OwnedHandle(rocksdb_flushoptions_create(), destroyedBy: rocksdb_flushoptions_destroy)
            try unsafe options.withPointer { (options) throws(RocksDBError) in
                for entry in handles.families.values {
                    try unsafe callLibrary("flushing \(entry.name) in \(path)") { error in
                        unsafe rocksdb_flush_cf(database, options, entry.pointer, error)
                    }
                }
            }
        }
    }

    /// Makes every write so far durable, also those made without `sync`.
    ///
    /// After a write that failed it throws the same: only a database that is opened again can tell what is there.
    package func syncLog() throws(RocksDBError) {
        if let failure = handles.failedWrite { throw failure }
        try unsafe handles.withDatabase { (database) throws(RocksDBError) in
            try unsafe callLibrary("syncing the log of \(path)") { unsafe rocksdb_flush_wal(database, 1, $0) }
        }
    }

    /// Rewrites a family as compactly as it gets, and waits for it: minutes for gigabytes.
    ///
    /// `close()` makes it give up with `.closed`.
    package func compact(_ family: ColumnFamily) throws(RocksDBError) {
        let errorsBefore = backgroundErrorCount
        try unsafe handles.withFamily(family) { (database, familyPointer) throws(RocksDBError) in
            let options = unsafe OwnedHandle(
                rocksdb_compactoptions_create(), destroyedBy: rocksdb_compactoptions_destroy
            )
            unsafe options.withPointer { options in
                // Other compactions may run meanwhile, and the last level is rewritten too (2: force), else deleted
                // entries and an old compression stay in it.
                unsafe rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0)
                unsafe rocksdb_compactoptions_set_bottommost_level_compaction(options, 2)
                unsafe rocksdb_compact_range_cf_opt(database, familyPointer, options, nil, 0, nil, 0)
            }
            if handles.gate.isShut { throw .closed }
        }
        // The library's function tells nothing; a failed compaction shows only in this counter.
        if backgroundErrorCount > errorsBefore {
            throw RocksDBError(
                code: .other, message: "compacting \(family.name) in \(path) failed; the reason is in \(path)/LOG"
            )
        }
    }

    /// Failures of flushes and compactions since the opening, of all families: RocksDB counts them at the default
    /// family.
    package var backgroundErrorCount: Int {
        guard let entry = handles.families["default"] else { return 0 }
        return Int(clamping: integerProperty("rocksdb.background-errors", in: ColumnFamily(entry: entry)) ?? 0)
    }

    /// A property of RocksDB as text, such as `rocksdb.stats`.
    ///
    /// Nil when RocksDB does not know it, or after `close()`.
    package func property(_ name: String, in family: ColumnFamily) -> String? {
        let text = try? unsafe handles.withFamily(family) { (database, familyPointer) throws(RocksDBError) -> String? in
            let text = unsafe name.withCString { unsafe rocksdb_property_value_cf(database, familyPointer, $0) }
            return unsafe text.map { unsafe takeString($0) }
        }
        return text ?? nil
    }

    /// A property of RocksDB as number, such as `rocksdb.estimate-num-keys`, `rocksdb.cur-size-all-mem-tables`,
    /// `rocksdb.total-sst-files-size`, `rocksdb.block-cache-usage`.
    ///
    /// Nil when RocksDB does not know it, or after `close()`.
    package func integerProperty(_ name: String, in family: ColumnFamily) -> UInt64? {
        let value = try? unsafe handles.withFamily(family) {
            (database, familyPointer) throws(RocksDBError) -> UInt64? in
            var value: UInt64 = 0
            let status = unsafe name.withCString {
                unsafe rocksdb_property_int_cf(database, familyPointer, $0, &value)
            }
            return status == 0 ? value : nil
        }
        return value ?? nil
    }

    /// Bytes of the files of a family: compressed, without what is still in memory.
    package func diskByteCount(of family: ColumnFamily) throws(RocksDBError) -> Int {
        if handles.gate.isShut { throw .closed }
        return Int(clamping: integerProperty("rocksdb.live-sst-files-size", in: family) ?? 0)
    }

    /// Starts a file of sorted entries, stored the way the family is.
    ///
    /// Put it on the database's file system, so that it is moved and not copied. Throws `.lowSpace` as a write does.
    package func makeSortedFileWriter(path: String, for family: ColumnFamily) throws(RocksDBError) -> SortedFileWriter {
        try unsafe handles.withFamily(family) { (_, _) throws(RocksDBError) -> Void in }
        try checkSpace()
        return try SortedFileWriter(path: path, options: handles.sortedFileOptions(for: family))
    }

    /// Takes sorted files into a family, all or none.
    ///
    /// Their entries replace those with the same keys.
    ///
    /// - Parameters:
    ///   - paths: finished files of `SortedFileWriter`. Their ranges of keys may overlap; a later file wins.
    ///   - family: where they go.
    ///   - moving: whether the files become part of the database and vanish from where they are; else they are copied.
    package func ingest(_ paths: [String], into family: ColumnFamily, moving: Bool = true) throws(RocksDBError) {
        for path in paths { try requireCString(path, "path of a sorted file") }
        if paths.isEmpty { return }
        try checkSpace()
        for _ in 1..<Self.ingestTries {
            do throws(RocksDBError) {
                return try ingestOnce(paths, into: family, moving: moving)
            } catch let error where error.code == .busy {
                // RocksDB 7.8 writes a memory table out that is in the way of the files, and looks whether it is gone.
                // Where another thread notes in the manifest that it is, the look may come too early, and RocksDB takes
                // everything back and asks for another try. By that the other thread has its turn.
            }
        }
        try ingestOnce(paths, into: family, moving: moving)
    }

    /// So often in a row nothing is in the way only for a moment; seen was once in 300, and never twice.
    private static let ingestTries = 5

    private func ingestOnce(_ paths: [String], into family: ColumnFamily, moving: Bool) throws(RocksDBError) {
        try unsafe handles.withFamily(family) { (database, familyPointer) throws(RocksDBError) in
            let options = unsafe OwnedHandle(
                rocksdb_ingestexternalfileoptions_create(), destroyedBy: rocksdb_ingestexternalfileoptions_destroy
            )
            let names = CStringArray(paths)
            let count = paths.count
            try unsafe options.withPointer { (options) throws(RocksDBError) in
                unsafe rocksdb_ingestexternalfileoptions_set_move_files(options, moving ? 1 : 0)
                try unsafe names.withPointers { (names) throws(RocksDBError) in
                    try unsafe callLibrary("ingesting \(count) files into \(family.name) in \(path)") { error in
                        unsafe rocksdb_ingest_external_file_cf(database, familyPointer, names, count, options, error)
                    }
                }
            }
        }
    }

    /// Makes a copy that can be opened on its own, consistent over all families.
    ///
    /// Files are linked, not copied, on the same file system.
    ///
    /// - Parameter directory: must not exist; its parent must.
    package func checkpoint(to directory: String) throws(RocksDBError) {
        try requireCString(directory, "checkpoint directory")
        try unsafe handles.withDatabase { (database) throws(RocksDBError) in
            let created = try unsafe callLibrary("preparing a checkpoint of \(path)") { error in
                unsafe rocksdb_checkpoint_object_create(database, error)
            }
            guard let created = unsafe created else { return }
            let checkpoint = unsafe OwnedHandle(created, destroyedBy: rocksdb_checkpoint_object_destroy)
            try unsafe checkpoint.withPointer { (checkpoint) throws(RocksDBError) in
                try unsafe callLibrary("making a checkpoint of \(path) in \(directory)") { error in
                    // 0: memory tables are written out first, so that the copy needs no log.
                    unsafe directory.withCString { unsafe rocksdb_checkpoint_create(checkpoint, $0, 0, error) }
                }
            }
        }
    }

    /// Deletes a database: RocksDB's own files, then the directory if nothing else is in it.
    ///
    /// Works on a damaged one.
    ///
    /// Throws `.locked` while it is open. Does nothing where there is none.
    package static func destroy(path: String) throws(RocksDBError) {
        try requireCString(path, "database path")
        try unsafe LibraryOptions.plain().withPointer { (options) throws(RocksDBError) in
            try unsafe callLibrary("destroying \(path)") { error in
                unsafe path.withCString { unsafe rocksdb_destroy_db(options, $0, error) }
            }
        }
    }
}
