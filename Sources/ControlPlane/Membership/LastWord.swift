import PurgeModel

/// Which word of an agent is meant, among all that it says.
struct LastWord: Sendable, Hashable {
    let instance: String
    let sentAt: Timestamp

    init(_ word: Acknowledgement) { (instance, sentAt) = (word.instance, word.sentAt) }

    /// Reads what ``text`` wrote; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let sentAt = Timestamp(rfc3339: String(parts[0])) else { return nil }
        (instance, self.sentAt) = (String(parts[1]), sentAt)
    }

    /// For a header of Kafka.
    var text: String { "\(sentAt) \(instance)" }
}
