/// What a cluster says of one topic.
package struct TopicDescription: Sendable {
    package let name: String
    /// Number of partitions.
    package let partitions: Int
    /// Copies of the partition that has the fewest.
    package let replicas: Int
    /// All properties with the values that are in force; or why the cluster does not tell them, such as
    /// `.topicAuthorizationFailed`.
    package let properties: Result<[String: String], KafkaError>
    /// Those of ``properties`` that were set for this topic, and are not the cluster's defaults.
    package let ownProperties: [String: String]
}
