import Threads

/// Reads single messages of a topic, by their offsets, with a client of its own that ends with the question.
///
/// For rare questions, such as whether a topic is still the one that it was.
package struct MessageLookup: Sendable {
    private let configuration: KafkaConfiguration
    private let topic: String

    /// Little is fetched beyond the messages that are asked for; an operator's properties win.
    private static let properties = [
        "queued.min.messages": "1", "queued.max.messages.kbytes": "1024", "fetch.message.max.bytes": "1024",
    ]

    /// Prepares questions about a topic; nothing happens before ``messages(at:timeout:)``.
    package init(_ configuration: KafkaConfiguration, topic: String) {
        var configuration = configuration
        configuration.properties.merge(Self.properties) { $1 }
        self.configuration = configuration
        self.topic = topic
    }

    /// The messages at these offsets, one a partition.
    ///
    /// A partition is left out whose offset has no message (any more), or whose broker does not answer in time. On a
    /// thread of its own.
    ///
    /// - Throws: what kept all of them from being read.
    package func messages(at offsets: [Int32: Int64], timeout: Duration) async throws(KafkaError) -> [Int32: Message] {
        guard !offsets.isEmpty else { return [:] }
        return try await DedicatedThread.run(name: "kafka-lookup", noThread: KafkaError.noThread) {
            () throws(KafkaError) in
            try read(offsets, until: .now + timeout)
        }
    }

    private func read(
        _ offsets: [Int32: Int64], until end: ContinuousClock.Instant
    ) throws(KafkaError) -> [Int32: Message] {
        let consumer = try PartitionConsumer(configuration, topic: topic, groupID: nil)
        defer { consumer.close() }
        try consumer.assign(offsets.mapValues { .offset($0) })
        var found: [Int32: Message] = [:]
        var waiting = Set(offsets.keys)
        while !waiting.isEmpty, ContinuousClock.now < end {
            for event in consumer.poll(maxMessages: 1000, timeout: ContinuousClock.now.duration(to: end)) {
                switch event {
                case .message(let message):
                    guard waiting.remove(message.partition) != nil else { continue }
                    if message.offset == offsets[message.partition] { found[message.partition] = message }
                case .endOfPartition(let partition, _), .offsetOutOfRange(let partition, _):
                    waiting.remove(partition)
                case .error(let error) where error.isFatal: throw error
                default: break
                }
            }
        }
        return found
    }
}
