import PurgeModel

@testable import EdgeAgent

extension PurgeQueue.Arrival {
    /// A purge on its way into the queue.
    static func purge(_ partition: Int32, _ offset: Int64, _ event: PurgeEvent) -> Self {
        let value = PurgeEventCodec.encode(event)
        return Self(
            partition: partition, offset: offset, message: QueuedMessage(value: value), content: .purge(event),
            mark: MessageMark(offset: offset, timestamp: nil, key: nil, value: value))
    }

    /// A message that is no purge.
    static func refused(
        _ partition: Int32, _ offset: Int64, _ message: QueuedMessage = QueuedMessage(value: Array("no purge".utf8))
    ) -> Self {
        Self(
            partition: partition, offset: offset, message: message,
            content: .refused(PurgeEventError(.invalidJSON, "Not valid JSON.")))
    }
}
