/// What a cluster says of one of the topics.
package struct TopicFacts: Sendable, Hashable {
    package let role: TopicRole
    package let name: String
    /// Copies of the partition that has the fewest.
    package let replicas: Int
    /// Kafka's properties of the topic, with the values in force.
    package let properties: [String: String]

    package init(role: TopicRole, name: String, replicas: Int, properties: [String: String]) {
        self.role = role
        self.name = name
        self.replicas = replicas
        self.properties = properties
    }
}
