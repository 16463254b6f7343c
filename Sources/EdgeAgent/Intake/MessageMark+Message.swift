import Kafka
import PurgeModel

extension MessageMark {
    init(_ message: Message) {
        self.init(offset: message.offset, timestamp: message.timestamp, key: message.key, value: message.value)
    }
}
