import PurgeModel

/// An offset of one epoch of a partition.
///
/// On disk: four bytes, then eight.
struct QueuePlace: Hashable, Stored {
    /// See ``QueueKey/epoch``.
    var epoch: UInt32
    var offset: Int64

    init(epoch: UInt32, offset: Int64) {
        self.epoch = epoch
        self.offset = offset
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: epoch)
        bytes.append(integer: UInt64(bitPattern: offset))
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        epoch = try reader.integer(UInt32.self)
        offset = Int64(bitPattern: try reader.integer(UInt64.self))
    }
}
