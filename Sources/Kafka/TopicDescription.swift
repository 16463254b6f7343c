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

extension [String: TopicDescription] {
    /// The topics whose properties could be read, and why others could not.
    ///
    /// A broker that has no properties, as the one for development, is no failure.
    package var readable: (topics: [String: (replicas: Int, properties: [String: String])], failure: KafkaError?) {
        var (topics, failure): ([String: (replicas: Int, properties: [String: String])], KafkaError?) = ([:], nil)
        for (name, topic) in self {
            switch topic.properties {
            case .success(let properties): topics[name] = (topic.replicas, properties)
            case .failure(let error) where error.code == .unsupportedFeature: break
            case .failure(let error): failure = error
            }
        }
        return (topics, failure)
    }
}
