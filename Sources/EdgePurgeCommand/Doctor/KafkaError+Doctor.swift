import Kafka
import Threads

extension KafkaError {
    /// Whether it says that nothing will be read until somebody mends something.
    ///
    /// A group is for committing, which the doctor does not do, though librdkafka looks for the group all the same.
    var keepsFromReading: Bool { Code.telling.contains(code) && code != .groupAuthorizationFailed }

    /// What mends it: a right, where that is what lacks.
    ///
    /// - Parameters:
    ///   - operation: what was tried, in Kafka's words: `Read`.
    ///   - file: what names the brokers.
    func remedy(_ operation: String, _ topic: String, file: String) -> String {
        code == .topicAuthorizationFailed
            ? Self.allow(operation, topic) : "correct kafka: in \(file), or start the brokers"
    }

    /// This process is at its limit of threads.
    static func unstarted(_ error: ThreadError) -> KafkaError { KafkaError(code: .failed, message: error.description) }

    /// The command that gives this client a right.
    static func allow(_ operation: String, _ topic: String) -> String {
        "kafka-acls.sh --bootstrap-server … --add --allow-principal User:… --operation \(operation) --topic \(topic)"
    }
}
