import Kafka
import PurgeModel

/// Remembers the last message that was read of each partition, so that a topic made anew is noticed even when it is
/// longer already than the old one was.
///
/// Kafka gives no sign of it: offsets begin again at 0 and go on past the place where the agent left off. But the
/// message just below that place is another one (docs/decisions/0014-topics-made-anew.md).
struct LastMessages: Sendable {
    private let database: AgentDatabase

    init(_ database: AgentDatabase) { self.database = database }

    /// Remembers messages that have been queued, in the order they came.
    ///
    /// Written after the queue: what a crash leaves out is only not compared.
    func note(_ messages: [Message]) throws {
        try database.write { change in
            let last = Dictionary(messages.map { ($0.partition, $0) }) { $1 }
            for (partition, message) in last {
                database.meta.lastMessages.put(partition, MessageMark(message), into: &change)
            }
        }
    }

    /// What must be just below `next`; nil when that is not known.
    func mark(_ partition: Int32, below next: Int64) throws -> MessageMark? {
        guard let mark = try database.meta.lastMessages.value(partition), mark.offset == next - 1 else { return nil }
        return mark
    }
}

extension MessageMark {
    init(_ message: Message) {
        self.init(
            offset: message.offset, timestamp: message.timestamp, key: message.key, value: message.value)
    }
}
