import PurgeModel

/// The place of one purge in the local queue.
package struct QueueKey: Hashable, Comparable, Stored {
    /// Kafka partition.
    var partition: Int32
    /// Counts how often this partition's offsets started over (purges missed, topic made anew), so that an offset of
    /// before is never taken for one of after.
    var epoch: UInt32
    /// Kafka offset; the flush that stands for missed purges has an offset that no message has.
    var offset: Int64

    package static func < (one: QueueKey, other: QueueKey) -> Bool {
        (one.partition, one.epoch, one.offset) < (other.partition, other.epoch, other.offset)
    }

    /// The key in the `queue` family: ordered by partition, epoch, offset.
    func encoded() -> [UInt8] {
        var key = Self.prefix(partition)
        key.append(integer: epoch)
        key.append(integer: UInt64(bitPattern: offset &+ 1))
        return key
    }

    /// The beginning of all keys of a partition.
    static func prefix(_ partition: Int32) -> [UInt8] { partition.encoded() }

    init(partition: Int32, epoch: UInt32, offset: Int64) {
        self.partition = partition
        self.epoch = epoch
        self.offset = offset
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        partition = Int32(bitPattern: try reader.integer(UInt32.self))
        epoch = try reader.integer(UInt32.self)
        offset = Int64(bitPattern: try reader.integer(UInt64.self)) &- 1
    }
}
