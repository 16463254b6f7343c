import PurgeModel

/// A purge that stands as a guard, as it is kept for a restart.
///
/// On disk: two varints, then the message as it was in the queue.
struct GuardRecord: Stored {
    /// What was fetched at or before this moment may be older than the purge: milliseconds since 1970.
    var reference: Int64
    /// The wall time at which it ends: milliseconds since 1970.
    var until: Int64
    var message: QueuedMessage

    init(reference: Int64, until: Int64, message: QueuedMessage) {
        self.reference = reference
        self.until = until
        self.message = message
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(max(0, reference)))
        bytes.append(varint: UInt64(max(0, until)))
        return bytes + message.encoded()
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        reference = Int64(truncatingIfNeeded: try reader.varint())
        until = Int64(truncatingIfNeeded: try reader.varint())
        message = try QueuedMessage(decoding: Array(reader.rest))
    }
}
