import Kafka

/// What keeps reading from going on, or a part of it: the most telling first.
struct IntakeProblems: Sendable {
    /// What has a problem; the first is told before the later ones.
    enum Source: Hashable, Comparable, Sendable {
        /// A round could not go on: the topic is not there, or what was read could not be kept.
        case reading
        /// The brokers cannot be reached, or refuse.
        case kafka
        /// Partitions are gone that were read.
        case fewer
        /// It is not certain that a partition is the one that was read before.
        case doubt(Int32)
        /// A partition holds messages back.
        case held(Int32)
    }

    private var texts: [Source: String] = [:]
    /// Whether the error of the brokers says what is wrong, and not only that something is.
    private var isTelling = false

    /// What to tell; nil when nothing is wrong.
    var text: String? { texts.min { $0.key < $1.key }?.value }

    mutating func set(_ text: String?, of source: Source) { texts[source] = text }

    /// Takes an error of the client.
    mutating func add(_ error: KafkaError) {
        let isTelling = KafkaError.Code.telling.contains(error.code)
        guard isTelling || !self.isTelling || texts[.kafka] == nil else { return }
        texts[.kafka] = error.description
        self.isTelling = isTelling
    }

    /// The brokers answered a question.
    mutating func wereAnswered() {
        texts[.reading] = nil
        if !isTelling { texts[.kafka] = nil }
    }

    /// Something was read: the topic is there, and the brokers let it be read.
    mutating func wasRead() {
        texts[.reading] = nil
        texts[.kafka] = nil
    }
}
