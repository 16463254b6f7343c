import Kafka

/// What ``Intake`` needs of Kafka, as `PartitionConsumer` does it: there each call is explained.
protocol PartitionReader: Sendable {
    /// Number of partitions now; nil while the topic does not exist.
    func partitionCount(timeout: Duration) throws(KafkaError) -> Int?

    /// The ends of a partition, as the broker says now.
    func watermarks(partition: Int32, timeout: Duration) throws(KafkaError) -> Watermarks

    /// The ends of a partition as of the last fetch; nil before the first.
    func cachedWatermarks(partition: Int32) -> Watermarks?

    /// Starts reading more partitions.
    func assign(_ starts: [Int32: StartOffset]) throws(KafkaError)

    /// Goes on reading a partition from another offset, also one that stands still after `.offsetOutOfRange`.
    func seek(partition: Int32, to start: StartOffset) throws(KafkaError)

    /// Stops fetching these partitions; returns those that could not be paused.
    @discardableResult
    func pause(_ partitions: [Int32]) -> [Int32: KafkaError]

    /// Goes on fetching where it paused; returns the partitions that could not go on.
    @discardableResult
    func resume(_ partitions: [Int32]) -> [Int32: KafkaError]

    /// Waits for events up to `timeout`, then returns those there are, in order per partition.
    func poll(maxMessages: Int, timeout: Duration) -> [ConsumerEvent]

    /// Whether commits are on their way.
    var hasPendingCommits: Bool { get }

    /// Writes offsets for lag tools, without waiting.
    func commit(_ offsets: [Int32: Int64]) throws(KafkaError)

    /// Makes a poll that waits return.
    func wakeUp()

    /// Ends it.
    func close()
}

extension PartitionConsumer: PartitionReader {}
