import PurgeModel

/// A purge that stands as a guard, as it is kept for a restart.
///
/// On disk: two varints, then the message as it was in the queue.
struct GuardRecord: Stored {
    /// What was fetched at or before this moment may be older than the purge: milliseconds since 1970.
    var reference: Int64
    /// The wall time at which it ends: milliseconds since 1970.
    var until: Int64
    /// A ``QueuedMessage`` as it was in the queue: a megabyte is copied, and not read and written anew.
    var stored: [UInt8]

    /// - Parameter stored: a ``QueuedMessage``, encoded.
    init(reference: Int64, until: Int64, stored: [UInt8]) {
        self.reference = reference
        self.until = until
        self.stored = stored
    }

    /// The message of the purge.
    func message() throws(IndexFormatError) -> QueuedMessage { try QueuedMessage(decoding: stored) }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(stored.count + Self.varintsMax)
        bytes.append(varint: UInt64(max(0, reference)))
        bytes.append(varint: UInt64(max(0, until)))
        bytes += stored
        return bytes
    }

    /// Bytes of two varints.
    private static let varintsMax = 20

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        reference = Int64(truncatingIfNeeded: try reader.varint())
        until = Int64(truncatingIfNeeded: try reader.varint())
        stored = Array(reader.rest)
    }
}
