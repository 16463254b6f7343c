/// A message as it lies in a partition.
package struct Message: Sendable, Hashable {
    /// The topic it was read from.
    package var topic: String
    /// Its partition, from 0.
    package var partition: Int32
    /// Its place in the partition.
    package var offset: Int64
    /// nil: no key; empty: a key of no bytes.
    package var key: [UInt8]?
    /// nil: no value (a tombstone on a compacted topic).
    package var value: [UInt8]?
    /// In the order they were written.
    package var headers: [Header]
    /// Milliseconds since 1970; nil when the broker gave none.
    package var timestamp: Int64?

    /// Creates a message, for tests and simulations.
    package init(
        topic: String,
        partition: Int32,
        offset: Int64,
        key: [UInt8]? = nil,
        value: [UInt8]? = nil,
        headers: [Header] = [],
        timestamp: Int64? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }
}
