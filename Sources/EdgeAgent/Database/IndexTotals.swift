import PurgeModel

/// How much is in the index, or by how much that changes: objects, and the bytes of their files.
///
/// On disk: three varints; two in earlier versions, whose index is made anew.
struct IndexTotals: Hashable, Stored {
    var objects: Int
    /// Of whole KiB: the index keeps sizes so.
    var bytes: Int64
    /// Objects whose keys could not be taken apart.
    var unmatched: Int

    /// The sum of no objects, unless said otherwise.
    init(objects: Int = 0, bytes: Int64 = 0, unmatched: Int = 0) {
        self.objects = objects
        self.bytes = bytes
        self.unmatched = unmatched
    }

    static func + (one: IndexTotals, other: IndexTotals) -> IndexTotals {
        IndexTotals(
            objects: one.objects + other.objects, bytes: one.bytes + other.bytes,
            unmatched: one.unmatched + other.unmatched)
    }

    static func += (one: inout IndexTotals, other: IndexTotals) { one = one + other }

    static prefix func - (totals: IndexTotals) -> IndexTotals {
        IndexTotals(objects: -totals.objects, bytes: -totals.bytes, unmatched: -totals.unmatched)
    }

    func encoded() -> [UInt8] {
        var value: [UInt8] = []
        value.append(varint: UInt64(max(0, objects)))
        value.append(varint: UInt64(max(0, bytes)))
        value.append(varint: UInt64(max(0, unmatched)))
        return value
    }

    init(decoding value: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(value)
        objects = Int(truncatingIfNeeded: try reader.varint())
        bytes = Int64(truncatingIfNeeded: try reader.varint())
        unmatched = reader.rest.isEmpty ? 0 : Int(truncatingIfNeeded: try reader.varint())
    }
}
