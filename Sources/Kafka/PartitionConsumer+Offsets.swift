import CRdKafka
import Synchronization

extension PartitionConsumer {
    /// Asks the broker for the ends of a partition.
    ///
    /// Blocks up to `timeout`.
    ///
    /// - Throws: `.timedOut` or `.transport` (both retriable) when the partition's broker does not answer.
    package func watermarks(partition: Int32, timeout: Duration) throws(KafkaError) -> Watermarks {
        let client = try openClient()
        let end = ContinuousClock.now + .milliseconds(timeout.clampedMilliseconds)
        let low = try lookUp(.earliest, of: partition, with: client, timeout: timeout)
        let high = try lookUp(.latest, of: partition, with: client, timeout: ContinuousClock.now.duration(to: end))
        return Watermarks(low: low, high: high)
    }

    /// One look-up, by "time" -2 or -1: `rd_kafka_query_watermark_offsets` of 2.0.2 waits on after its time-out.
    private func lookUp(
        _ start: StartOffset,
        of partition: Int32,
        with client: ClientHandle,
        timeout: Duration
    ) throws(KafkaError) -> Int64 {
        let context = "cannot look up the ends of topic \"\(topic)\""
        let list = try TopicPartitionList(topic: topic, [partition: start.checkedRawValue()])
        let milliseconds = max(timeout.clampedMilliseconds, 1)
        let code = client.withClient { client in
            unsafe rd_kafka_offsets_for_times(client, list.pointer, milliseconds)
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, context, partition: partition) }
        if let error = list.firstError(context) { throw error }
        var found: Int64 = -1
        list.forEach { _, offset, _ in found = offset }
        guard found >= 0 else {
            throw KafkaError(code: .noOffset, message: context, partition: partition, isRetriable: true)
        }
        return found
    }

    /// Asks the brokers which partitions there are now and where each of them ends; nil while the topic does not exist.
    ///
    /// One request for the partitions, then one to each of their brokers. Blocks up to twice `timeout`.
    ///
    /// - Throws: what kept one partition's end from being known; then none is.
    package func ends(timeout: Duration) throws(KafkaError) -> [Int32: Int64]? {
        let client = try openClient()
        guard let count = try TopicMetadata.partitionCount(of: topic, with: client, timeout: timeout) else {
            return nil
        }
        let context = "cannot look up the ends of topic \"\(topic)\""
        let start = try StartOffset.latest.checkedRawValue()
        let questions = Dictionary(
            (0..<Int32(clamping: count)).map { ($0, start) }, uniquingKeysWith: { first, _ in first })
        let list = try TopicPartitionList(topic: topic, questions)
        let milliseconds = max(timeout.clampedMilliseconds, 1)
        let code = client.withClient { client in
            unsafe rd_kafka_offsets_for_times(client, list.pointer, milliseconds)
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, context) }
        if let error = list.firstError(context) { throw error }
        var ends: [Int32: Int64] = [:]
        list.forEach { partition, offset, _ in ends[partition] = offset }
        if let (partition, _) = ends.first(where: { $0.value < 0 }) {
            throw KafkaError(code: .noOffset, message: context, partition: partition, isRetriable: true)
        }
        return ends
    }

    /// The ends of a partition as of the last fetch, at no cost; nil before the first fetch.
    package func cachedWatermarks(partition: Int32) -> Watermarks? {
        guard partition >= 0, let client = try? openClient() else { return nil }
        return client.withClient { client in
            var low: Int64 = -1
            var high: Int64 = -1
            let code = unsafe rd_kafka_get_watermark_offsets(client, topic, partition, &low, &high)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
            return Watermarks(low: max(low, 0), high: high)
        }
    }

    /// Whether commits are on their way: for seconds where the group has no coordinator.
    package var hasPendingCommits: Bool {
        guard let client = try? openClient() else { return false }
        return client.callbacks.pendingCommits.load(ordering: .relaxed) > 0
    }

    /// Writes the offsets of the next messages to apply to the group, without waiting.
    ///
    /// For lag tools; reading never starts from them. A failure comes as a `.commitFailed` event of a later poll. While
    /// commits are on their way librdkafka holds newly assigned partitions back, so commit a few times a second, not
    /// for each message, and not while `hasPendingCommits`.
    package func commit(_ offsets: [Int32: Int64]) throws(KafkaError) {
        let group = try checkedGroup()
        let client = try openClient()
        guard !offsets.isEmpty else { return }
        if let negative = offsets.first(where: { $0.value < 0 }) {
            throw .invalidArgument("offset \(negative.value) of partition \(negative.key) is negative")
        }
        let list = try TopicPartitionList(topic: topic, offsets)
        client.callbacks.pendingCommits.add(1, ordering: .relaxed)
        let code = client.withClient { client in unsafe rd_kafka_commit(client, list.pointer, 1) }
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        client.callbacks.pendingCommits.subtract(1, ordering: .relaxed)
        throw KafkaError(code, "cannot commit offsets of topic \"\(topic)\" to group \"\(group)\"")
    }

    /// What the group has committed, for each partition that has something.
    ///
    /// Blocks up to `timeout` twice.
    package func committed(timeout: Duration) throws(KafkaError) -> [Int32: Int64] {
        let group = try checkedGroup()
        guard let count = try partitionCount(timeout: timeout) else { return [:] }
        let list = try TopicPartitionList(topic: topic, partitions: 0..<Int32(clamping: count))
        let context = "cannot read the offsets of group \"\(group)\" for topic \"\(topic)\""
        let milliseconds = max(timeout.clampedMilliseconds, 1)
        let code = try openClient().withClient { client in
            unsafe rd_kafka_committed(client, list.pointer, milliseconds)
        }
        try KafkaError.check(code, context)
        if let error = list.firstError(context) { throw error }
        var offsets: [Int32: Int64] = [:]
        list.forEach { partition, offset, _ in
            if offset >= 0 { offsets[partition] = offset }
        }
        return offsets
    }

    private func checkedGroup() throws(KafkaError) -> String {
        guard let groupID else { throw .invalidArgument("the consumer of topic \"\(topic)\" has no group id") }
        return groupID
    }
}
