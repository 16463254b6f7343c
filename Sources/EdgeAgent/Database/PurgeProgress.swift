import PurgeModel

/// What a purge has removed so far.
///
/// On disk: two varints.
struct PurgeProgress: Hashable, Stored {
    /// Objects.
    var removed = 0
    /// The bytes of their files.
    var bytes: Int64 = 0

    init(removed: Int = 0, bytes: Int64 = 0) {
        self.removed = removed
        self.bytes = bytes
    }

    func encoded() -> [UInt8] {
        var value: [UInt8] = []
        value.append(varint: UInt64(max(0, removed)))
        value.append(varint: UInt64(max(0, bytes)))
        return value
    }

    init(decoding value: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(value)
        removed = Int(truncatingIfNeeded: try reader.varint())
        bytes = Int64(truncatingIfNeeded: try reader.varint())
    }
}
