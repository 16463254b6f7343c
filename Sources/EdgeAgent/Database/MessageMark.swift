import PurgeModel

/// What tells one message of a partition from another.
///
/// On disk: both numbers, eight bytes each.
struct MessageMark: Hashable, Stored {
    var offset: Int64
    /// A hash of its time, key and value.
    var fingerprint: UInt64

    init(offset: Int64, fingerprint: UInt64) {
        self.offset = offset
        self.fingerprint = fingerprint
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt64(bitPattern: offset))
        bytes.append(integer: fingerprint)
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        offset = Int64(bitPattern: try reader.integer(UInt64.self))
        fingerprint = try reader.integer(UInt64.self)
    }
}
