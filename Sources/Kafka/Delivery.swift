/// Where the cluster wrote a message.
package struct Delivery: Sendable, Hashable {
    /// The partition, from 0.
    package var partition: Int32
    /// The place in the partition.
    package var offset: Int64

    /// Creates a delivery, for tests and simulations.
    package init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}
