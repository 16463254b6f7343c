/// A topic to create.
package struct TopicSpecification: Sendable, Hashable {
    /// At most 249 bytes.
    package var name: String
    /// 1 to 100,000.
    package var partitions: Int
    /// Copies of each partition; -1: the cluster's default.
    package var replicationFactor: Int
    /// Topic properties such as `cleanup.policy`.
    package var configuration: [String: String]

    /// Creates a specification.
    package init(name: String, partitions: Int, replicationFactor: Int = -1, configuration: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configuration = configuration
    }
}
