import CRocksDB

/// Changes that are applied together: all or none.
///
/// Adding never fails at once. An entry that cannot be (too big, a range that ends before it begins, a family of a
/// closed or of another database) is left out, remembered, and makes `Database.write` throw without writing anything.
///
/// Not `Sendable`: one thread at a time.
@safe
package struct WriteBatch: ~Copyable {
    /// RocksDB's own limits: 8 MiB is what it recommends for keys, the length of a value must fit 32 bits with room
    /// to spare.
    package static let keyBytesMax = 8 << 20
    /// See `keyBytesMax`.
    package static let valueBytesMax = 1 << 30

    let pointer: OpaquePointer
    /// The first entry that was refused.
    private(set) var refusal: RocksDBError?
    /// The gate of the database whose families are in the batch.
    private(set) var gate: InFlightGate?

    /// Creates an empty batch.
    package init() { unsafe pointer = unsafe rocksdb_writebatch_create() }

    deinit { unsafe rocksdb_writebatch_destroy(pointer) }

    /// Number of changes.
    ///
    /// A deleted range is one.
    package var count: Int { Int(unsafe rocksdb_writebatch_count(pointer)) }

    /// Size in bytes as it will be in the write-ahead log; 12 when empty.
    package var byteCount: Int {
        var count = 0
        _ = unsafe rocksdb_writebatch_data(pointer, &count)
        return count
    }

    /// Whether there is nothing to write.
    package var isEmpty: Bool { count == 0 }

    /// Forgets all changes and refusals.
    ///
    /// The memory is kept for the next ones.
    package mutating func clear() {
        unsafe rocksdb_writebatch_clear(pointer)
        refusal = nil
        gate = nil
    }

    /// Stores a value for a key, replacing what is there.
    @inline(__always)
    package mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>, in family: ColumnFamily) {
        guard enter(family, keyBytes: key.count, valueBytes: value.count) else { return }
        defer { family.entry.gate.leave() }
        unsafe withLibraryBytes(key) { keyStart, keyCount in
            unsafe withLibraryBytes(value) { valueStart, valueCount in
                unsafe rocksdb_writebatch_put_cf(
                    pointer, family.entry.pointer, keyStart, keyCount, valueStart, valueCount
                )
            }
        }
    }

    /// Stores a value for a key, replacing what is there.
    package mutating func put(_ key: [UInt8], _ value: [UInt8], in family: ColumnFamily) {
        put(key.span, value.span, in: family)
    }

    /// Removes a key.
    ///
    /// It need not be there.
    @inline(__always)
    package mutating func delete(_ key: Span<UInt8>, in family: ColumnFamily) {
        guard enter(family, keyBytes: key.count, valueBytes: 0) else { return }
        defer { family.entry.gate.leave() }
        unsafe withLibraryBytes(key) { start, count in
            unsafe rocksdb_writebatch_delete_cf(pointer, family.entry.pointer, start, count)
        }
    }

    /// Removes a key.
    ///
    /// It need not be there.
    package mutating func delete(_ key: [UInt8], in family: ColumnFamily) { delete(key.span, in: family) }

    /// Removes all keys from `lower` (inclusive) to `upper` (exclusive).
    ///
    /// Nothing when they are equal.
    ///
    /// One such entry costs every later read of its range a little until it is compacted: for a few keys, delete them
    /// one by one.
    package mutating func deleteRange(from lower: [UInt8], to upper: [UInt8], in family: ColumnFamily) {
        if lower == upper { return }
        // RocksDB would accept it here, fail in the middle of applying the batch, and fail again at each opening.
        if upper.lexicographicallyPrecedes(lower) {
            refuse(
                RocksDBError(
                    code: .invalidArgument, message: "a range to delete in \(family.name) ends before it begins"
                )
            )
            return
        }
        guard enter(family, keyBytes: max(lower.count, upper.count), valueBytes: 0) else { return }
        defer { family.entry.gate.leave() }
        unsafe withLibraryBytes(lower.span) { lowerStart, lowerCount in
            unsafe withLibraryBytes(upper.span) { upperStart, upperCount in
                unsafe rocksdb_writebatch_delete_range_cf(
                    pointer, family.entry.pointer, lowerStart, lowerCount, upperStart, upperCount
                )
            }
        }
    }

    /// Checks an entry and keeps the database open while it is added: the library looks into the family's handle.
    ///
    /// - Returns: whether the gate was entered, so that it must be left.
    @inline(__always)
    private mutating func enter(_ family: ColumnFamily, keyBytes: Int, valueBytes: Int) -> Bool {
        let familyGate = family.entry.gate
        guard keyBytes <= Self.keyBytesMax, valueBytes <= Self.valueBytesMax, gate == nil || gate === familyGate else {
            refuseEntry(family, keyBytes: keyBytes, valueBytes: valueBytes)
            return false
        }
        do throws(RocksDBError) {
            try familyGate.enter()
        } catch {
            refuse(error)
            return false
        }
        if gate == nil { gate = familyGate }
        return true
    }

    private mutating func refuseEntry(_ family: ColumnFamily, keyBytes: Int, valueBytes: Int) {
        if let gate, gate !== family.entry.gate {
            refuse(.foreignFamily(family.name))
        } else {
            refuse(
                RocksDBError(
                    code: .invalidArgument,
                    message: "a key of \(keyBytes) bytes with a value of \(valueBytes) bytes for \(family.name) "
                        + "is too big; at most \(Self.keyBytesMax) and \(Self.valueBytesMax)"
                )
            )
        }
    }

    private mutating func refuse(_ error: RocksDBError) {
        if refusal == nil { refusal = error }
    }
}
