import PurgeModel

/// How much is in the index, or by how much that changes: objects, and the bytes of their files.
///
/// On disk: two varints.
struct IndexTotals: Hashable, Stored {
    var objects: Int
    /// Of whole KiB: the index keeps sizes so.
    var bytes: Int64

    /// The sum of no objects, unless said otherwise.
    init(objects: Int = 0, bytes: Int64 = 0) {
        self.objects = objects
        self.bytes = bytes
    }

    /// One object of that size.
    init(sizeKiB: UInt32) {
        self.init(objects: 1, bytes: Int64(sizeKiB) * 1024)
    }

    static func + (one: IndexTotals, other: IndexTotals) -> IndexTotals {
        IndexTotals(objects: one.objects + other.objects, bytes: one.bytes + other.bytes)
    }

    static func += (one: inout IndexTotals, other: IndexTotals) { one = one + other }

    static prefix func - (totals: IndexTotals) -> IndexTotals {
        IndexTotals(objects: -totals.objects, bytes: -totals.bytes)
    }

    func encoded() -> [UInt8] {
        var value: [UInt8] = []
        value.append(varint: UInt64(max(0, objects)))
        value.append(varint: UInt64(max(0, bytes)))
        return value
    }

    init(decoding value: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(value)
        objects = Int(truncatingIfNeeded: try reader.varint())
        bytes = Int64(truncatingIfNeeded: try reader.varint())
    }
}
