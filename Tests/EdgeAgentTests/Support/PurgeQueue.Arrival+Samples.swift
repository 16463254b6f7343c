import PurgeModel

@testable import EdgeAgent

extension PurgeQueue.Arrival {
    /// A purge on its way into the queue.
    static func purge(_ partition: Int32, _ offset: Int64, _ event: PurgeEvent) -> Self {
        Self(
            partition: partition, offset: offset, message: QueuedMessage(value: PurgeEventCodec.encode(event)),
            content: .purge(event))
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
