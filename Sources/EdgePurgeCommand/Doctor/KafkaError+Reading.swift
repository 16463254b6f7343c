import Kafka

extension KafkaError {
    /// Whether it says that nothing will be read until somebody mends something.
    ///
    /// A group is for committing, which the doctor does not do, though librdkafka looks for the group all the same.
    var keepsFromReading: Bool { Code.telling.contains(code) && code != .groupAuthorizationFailed }
}
