import CRocksDB

/// Many reads in one call of the library.
enum MultiGet {
    /// Reads.
    ///
    /// The first failure is thrown, whatever was found is freed.
    static func values(
        forKeys keys: [[UInt8]], database: OpaquePointer, family: OpaquePointer, options: OpaquePointer,
        action: @autoclosure () -> String
    ) throws(RocksDBError) -> [[UInt8]?] {
        if keys.isEmpty { return [] }
        // All keys side by side: the library wants a stable address for each at the same time.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(keys.reduce(1) { $0 + $1.count })
        for key in keys { bytes.append(contentsOf: key) }
        bytes.append(0)
        let sizes = keys.map(\.count)
        var found = unsafe [OpaquePointer?](repeating: nil, count: keys.count)
        var errors = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: keys.count)
        unsafe bytes.withUnsafeBytes { buffer in
            var offset = 0
            let starts = unsafe sizes.map { size in
                defer { offset += size }
                return unsafe buffer.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
            }
            unsafe rocksdb_batched_multi_get_cf(
                database, options, family, keys.count, starts, sizes, &found, &errors, false
            )
        }
        defer {
            unsafe found.forEach { slice in
                if let slice = unsafe slice { unsafe rocksdb_pinnableslice_destroy(slice) }
            }
        }
        var firstError: String?
        unsafe errors.forEach { error in
            guard let error = unsafe error else { return }
            // Every text is ours to free, also those that are not reported.
            let text = unsafe takeString(error)
            firstError = firstError ?? text
        }
        if let firstError { throw RocksDBError(libraryText: firstError, action: action()) }
        return unsafe found.map { slice in
            guard let slice = unsafe slice else { return nil }
            var count = 0
            let start = unsafe rocksdb_pinnableslice_value(slice, &count)
            return unsafe [UInt8](libraryBuffer(start, count))
        }
    }
}
