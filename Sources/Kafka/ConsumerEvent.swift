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

extension ConsumerEvent {
    /// The partition in whose order it stands; nil for what has no place in one.
    package var place: Int32? {
        switch self {
        case .message(let message): message.partition
        case .endOfPartition(let partition, _), .offsetOutOfRange(let partition, _): partition
        case .partitionCountChanged, .commitFailed, .error: nil
        }
    }
}
