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

    /// The brokers tell another number of partitions than before, none included: some were added, or the topic was
    /// deleted and perhaps made anew.
    ///
    /// In a topic that was made anew librdkafka reads on at the old offset, if that is there.
    case partitionCountChanged(String)

    /// Offsets could not be committed: lag tools show old ones, and nothing else depends on it.
    case commitFailed(KafkaError)

    /// Something else: brokers down, no permission. Reading goes on when the cause is gone.
    case error(KafkaError)
}
