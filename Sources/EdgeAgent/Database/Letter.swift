import Kafka
import PurgeModel

/// A message that is no purge, with the reason, on its way to the dead-letter topic.
///
/// On disk: the message as it will be in that topic, in the form of a ``QueuedMessage``.
struct Letter: Hashable, Stored {
    /// The message as it came, or what was not cut off.
    private(set) var message: QueuedMessage
    /// The reason and the place.
    var about: DeadLetter

    init(_ message: QueuedMessage, refusal: PurgeEventError, key: QueueKey) {
        self.message = QueuedMessage(key: message.key, value: message.value, headers: message.headers)
        about = DeadLetter(
            error: refusal, partition: key.partition, offset: key.offset,
            fingerprint: DeadLetter.fingerprint(key: message.key, value: message.value))
    }

    /// One letter for many messages of a partition, from `key` to `last`, that there was no room for.
    init(messages count: Int, from key: QueueKey, to last: Int64) {
        let refusal = PurgeEventError(
            .notKept,
            "\(count) messages from this offset to \(last) are no purges and were too many to be kept; the topic of "
                + "purges has them for as long as it keeps messages.")
        message = QueuedMessage(value: nil)
        about = DeadLetter(error: refusal, partition: key.partition, offset: key.offset)
        about.lost.messages = count
    }

    /// The headers of the message, then ours.
    var headers: [Header] { message.headers + about.headers.map { Header(name: $0.name, value: $0.value) } }

    /// Cuts off what takes most room and says least: first the value, then the headers, then the key; answers false
    /// when nothing is left to cut.
    mutating func cut() -> Bool {
        if let value = message.value {
            about.lost.valueBytes = value.count
            message.value = nil
        } else if !message.headers.isEmpty {
            about.lost.headersBytes = QueuedMessage(value: nil, headers: message.headers).size
            message.headers = []
        } else if let key = message.key {
            about.lost.keyBytes = key.count
            message.key = nil
        } else {
            return false
        }
        return true
    }

    func encoded() -> [UInt8] { QueuedMessage(key: message.key, value: message.value, headers: headers).encoded() }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        message = try QueuedMessage(decoding: bytes)
        guard let (letter, originals) = DeadLetter.read(message.headers.map { ($0.name, $0.value) }) else {
            throw IndexFormatError()
        }
        about = letter
        message.headers.removeLast(message.headers.count - originals)
    }
}
