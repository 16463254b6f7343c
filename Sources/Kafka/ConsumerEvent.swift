/// What a poll can bring.
package enum ConsumerEvent: Sendable {
    /// The next message of its partition.
    case message(Message)

    /// Everything up to `offset` (not included) has been handed out; comes again after new messages.
    case endOfPartition(partition: Int32, offset: Int64)

    /// The partition does not have `offset` any more, or not yet: messages may have been missed.
    ///
    /// The partition stands still until `seek`.
    case offsetOutOfRange(partition: Int32, offset: Int64)

    /// Something else: brokers down, no permission, a failed commit. Reading goes on when the cause is gone.
    case error(KafkaError)
}
