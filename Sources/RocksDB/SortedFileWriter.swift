import CRocksDB
import Glibc

/// Writes a file of sorted entries that `Database.ingest` takes over as it is: the fastest way to load much.
///
/// Get it from `Database.makeSortedFileWriter`. It does not need the database to stay open. Unless `finish()`
/// succeeds, the file is removed.
///
/// Not `Sendable`: one thread at a time.
@safe
package struct SortedFileWriter: ~Copyable {
    /// The file being written.
    package let path: String
    /// Number of entries so far.
    package private(set) var count = 0
    private let writer: OwnedHandle
    private var isFinished = false

    /// What a finished file holds.
    package struct Summary: Sendable, Hashable {
        /// The file.
        package let path: String
        /// Number of entries.
        package let count: Int
        /// Size in bytes.
        package let byteCount: Int
    }

    /// Creates the file, replacing one that is there.
    init(path: String, options: consuming OwnedHandle) throws(RocksDBError) {
        try requireCString(path, "path of a sorted file")
        // The writer copies both kinds of options.
        let environment = unsafe OwnedHandle(rocksdb_envoptions_create(), destroyedBy: rocksdb_envoptions_destroy)
        let writer = unsafe environment.withPointer { environment in
            unsafe options.withPointer { options in
                unsafe OwnedHandle(
                    rocksdb_sstfilewriter_create(environment, options), destroyedBy: rocksdb_sstfilewriter_destroy
                )
            }
        }
        try unsafe writer.withPointer { (writer) throws(RocksDBError) in
            try unsafe callLibrary("creating \(path)") { error in
                unsafe path.withCString { unsafe rocksdb_sstfilewriter_open(writer, $0, error) }
            }
        }
        self.path = path
        self.writer = writer
    }

    deinit {
        if !isFinished { _ = unsafe unlink(path) }
    }

    /// Adds an entry.
    ///
    /// Keys must come in strictly ascending order of their bytes, else `.invalidArgument`; the writer stays usable.
    @inline(__always)
    package mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(RocksDBError) {
        if key.count > WriteBatch.keyBytesMax || value.count > WriteBatch.valueBytesMax {
            throw RocksDBError(
                code: .invalidArgument,
                message: "a key of \(key.count) bytes with a value of \(value.count) bytes is too big for \(path)"
            )
        }
        let path = self.path
        try unsafe writer.withPointer { (writer) throws(RocksDBError) in
            try unsafe callLibrary("adding to \(path)") { error in
                unsafe withLibraryBytes(key) { keyStart, keyCount in
                    unsafe withLibraryBytes(value) { valueStart, valueCount in
                        unsafe rocksdb_sstfilewriter_put(writer, keyStart, keyCount, valueStart, valueCount, error)
                    }
                }
            }
        }
        count += 1
    }

    /// Adds an entry.
    ///
    /// Keys must come in strictly ascending order of their bytes.
    package mutating func put(_ key: [UInt8], _ value: [UInt8]) throws(RocksDBError) { try put(key.span, value.span) }

    /// Size in bytes so far, about.
    package var byteCount: Int {
        var size: UInt64 = 0
        unsafe writer.withPointer { unsafe rocksdb_sstfilewriter_file_size($0, &size) }
        return Int(clamping: size)
    }

    /// Completes the file and syncs it.
    ///
    /// Throws `.invalidArgument` when nothing was added.
    package consuming func finish() throws(RocksDBError) -> Summary {
        let path = self.path
        try unsafe writer.withPointer { (writer) throws(RocksDBError) in
            try unsafe callLibrary("finishing \(path)") { unsafe rocksdb_sstfilewriter_finish(writer, $0) }
        }
        isFinished = true
        return Summary(path: path, count: count, byteCount: byteCount)
    }
}
