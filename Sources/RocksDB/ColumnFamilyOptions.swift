/// How one column family is stored.
///
/// Every value may change from one opening to the next; old files stay readable.
package struct ColumnFamilyOptions: Sendable {
    /// The name on disk.
    ///
    /// Not empty, no zero byte.
    package var name: String
    /// Compression of all levels but, if `bottommostCompression` is set, the last one.
    package var compression: Compression
    /// Compression of the last level, which holds about nine tenths of the data.
    ///
    /// Nil: as `compression`.
    package var bottommostCompression: Compression?
    /// Size in bytes of the dictionary that zstd learns for each file of the last level.
    ///
    /// Nil: none. Small similar values shrink a lot with 8 to 16 KiB. Needs zstd on the last level, else it changes
    /// nothing.
    package var bottommostDictionaryBytes: Int?
    /// Level of compression, in the compressor's own scale.
    ///
    /// Nil: its default.
    package var compressionLevel: Int?
    /// Bits of Bloom filter per key, 1 to 30.
    ///
    /// 10 lets 1 in 100 absent keys through. Nil: no filter, for families that are only scanned.
    package var bloomBitsPerKey: Int?
    /// Bytes written before a memory table becomes a file.
    ///
    /// 64 KiB to 4 GiB.
    package var writeBufferBytes: Int
    /// Uncompressed bytes a block.
    ///
    /// Bigger compresses better, smaller reads less for one key. 256 bytes to 64 MiB.
    package var blockBytes: Int
    /// Bytes a file of the lower levels.
    ///
    /// 1 MiB to 4 GiB.
    package var fileBytes: Int
    /// What compactions drop.
    ///
    /// Nil: nothing.
    package var compactionFilter: CompactionFilter?

    /// Creates options.
    package init(
        name: String,
        compression: Compression = .lz4,
        bottommostCompression: Compression? = nil,
        bottommostDictionaryBytes: Int? = nil,
        compressionLevel: Int? = nil,
        bloomBitsPerKey: Int? = 10,
        writeBufferBytes: Int = 16 << 20,
        blockBytes: Int = 8 << 10,
        fileBytes: Int = 32 << 20,
        compactionFilter: CompactionFilter? = nil
    ) {
        self.name = name
        self.compression = compression
        self.bottommostCompression = bottommostCompression
        self.bottommostDictionaryBytes = bottommostDictionaryBytes
        self.compressionLevel = compressionLevel
        self.bloomBitsPerKey = bloomBitsPerKey
        self.writeBufferBytes = writeBufferBytes
        self.blockBytes = blockBytes
        self.fileBytes = fileBytes
        self.compactionFilter = compactionFilter
    }

    /// Throws `.invalidArgument` for a value outside its documented range.
    package func validate() throws(RocksDBError) {
        try requireCString(name, "column family name")
        let family = "column family \(name)"
        try requireRange(writeBufferBytes, in: 64 << 10...4 << 30, of: "writeBufferBytes of \(family)")
        try requireRange(blockBytes, in: 256...64 << 20, of: "blockBytes of \(family)")
        try requireRange(fileBytes, in: 1 << 20...4 << 30, of: "fileBytes of \(family)")
        try requireRange(bottommostDictionaryBytes ?? 0, in: 0...1 << 20, of: "bottommostDictionaryBytes of \(family)")
        try requireRange(compressionLevel ?? 0, in: -100...100, of: "compressionLevel of \(family)")
        try requireRange(bloomBitsPerKey ?? 10, in: 1...30, of: "bloomBitsPerKey of \(family)")
    }
}

/// Throws `.invalidArgument` when an option is out of range, so that no conversion to a C type can trap or wrap.
func requireRange(_ value: Int, in range: ClosedRange<Int>, of what: String) throws(RocksDBError) {
    if !range.contains(value) {
        throw RocksDBError(
            code: .invalidArgument,
            message: "\(what) is \(value); use \(range.lowerBound) to \(range.upperBound)"
        )
    }
}
