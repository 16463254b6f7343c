/// How a database is opened: what all its column families share.
package struct DatabaseOptions: Sendable, Hashable {
    /// Bytes of the cache of uncompressed blocks, shared by all families.
    ///
    /// Indexes and filters live inside it, so that with `totalWriteBufferBytes` it bounds the memory, however big the
    /// data. 1 MiB or more.
    package var blockCacheBytes: Int
    /// Bytes of all memory tables together; when it is reached, one is written out.
    ///
    /// 1 MiB or more.
    package var totalWriteBufferBytes: Int
    /// Bytes of write-ahead log after which the families that hold it back are written out.
    ///
    /// Bounds the time that opening takes.
    package var maxLogBytes: Int
    /// Files kept open, 20 or more; -1: all of them, without a bound.
    package var maxOpenFiles: Int
    /// Makes a new database where there is none.
    ///
    /// Otherwise opening throws `.invalidArgument`.
    package var createIfMissing: Bool
    /// What to do with a damaged write-ahead log.
    package var logRecovery: LogRecovery
    /// Threads for flushes and compactions together, 1 to 64.
    package var backgroundJobs: Int
    /// Splits indexes and filters into pieces the size of a block, so that a small cache holds the pieces in use and
    /// not whole files' worth.
    package var partitionsIndexesAndFilters: Bool
    /// Bytes that are to stay free on the file system, 0 or more: below that nothing is opened or written.
    ///
    /// A write that fails on a full disk leaves RocksDB 7.8 in a state from which only another opening helps; where it
    /// is built with assertions, as Debian's is, the next sync ends the process. So the disk is never filled to the
    /// last byte by us, and what RocksDB writes in the background (memory tables, compactions) has room.
    package var reserveBytes: Int

    /// Creates options.
    package init(
        blockCacheBytes: Int = 64 << 20,
        totalWriteBufferBytes: Int = 64 << 20,
        maxLogBytes: Int = 256 << 20,
        maxOpenFiles: Int = 512,
        createIfMissing: Bool = true,
        logRecovery: LogRecovery = .pointInTime,
        backgroundJobs: Int = 2,
        partitionsIndexesAndFilters: Bool = true,
        reserveBytes: Int = 0
    ) {
        self.blockCacheBytes = blockCacheBytes
        self.totalWriteBufferBytes = totalWriteBufferBytes
        self.maxLogBytes = maxLogBytes
        self.maxOpenFiles = maxOpenFiles
        self.createIfMissing = createIfMissing
        self.logRecovery = logRecovery
        self.backgroundJobs = backgroundJobs
        self.partitionsIndexesAndFilters = partitionsIndexesAndFilters
        self.reserveBytes = reserveBytes
    }

    /// Throws `.invalidArgument` for a value outside its documented range.
    package func validate() throws(RocksDBError) {
        try requireRange(blockCacheBytes, 1 << 20...1 << 50, "blockCacheBytes")
        try requireRange(totalWriteBufferBytes, 1 << 20...1 << 50, "totalWriteBufferBytes")
        try requireRange(maxLogBytes, 1 << 20...1 << 50, "maxLogBytes")
        if maxOpenFiles != -1 { try requireRange(maxOpenFiles, 20...1 << 30, "maxOpenFiles") }
        try requireRange(backgroundJobs, 1...64, "backgroundJobs")
        try requireRange(reserveBytes, 0...1 << 50, "reserveBytes")
    }
}
