import Kafka
import PurgeModel

extension MessageMark {
    /// The mark of a message as Kafka handed it out.
    init(_ message: Message) {
        self.init(offset: message.offset, timestamp: message.timestamp, key: message.key, value: message.value)
    }
}
