import Kafka
import PurgeModel

/// What an existing topic lacks of what is wanted: what can be set right, and what cannot.
struct TopicMending {
    /// Properties to set.
    private(set) var changes: [String: String] = [:]
    /// What has to be done by hand; for people.
    private(set) var failures: [String] = []
    /// What is as it is on purpose, perhaps.
    private(set) var remarks: [String] = []

    /// Compares a topic with what is wanted.
    ///
    /// Only what purges need is changed: an operator may have set the rest.
    /// - Parameters:
    ///   - wanted: as a new topic would be.
    ///   - partitions: the number that was asked for; nil: whatever there is.
    ///   - retention: how long to keep messages, where that was asked for.
    init(
        _ found: TopicDescription, role: TopicRole, wanted: TopicSpecification, partitions: Int?, retention: Duration?
    ) {
        if role == .events {
            if let partitions, found.partitions < partitions {
                failures.append(
                    "it has \(found.partitions) partitions, not \(partitions): add some with kafka-topics.sh --alter "
                        + "--partitions \(partitions)")
            } else if found.partitions < wanted.partitions {
                remarks.append("it has \(found.partitions) partitions; \(wanted.partitions) are usual")
            }
        }
        if found.replicas < wanted.replicationFactor {
            failures.append(
                "it has \(found.replicas) copies of a partition, not \(wanted.replicationFactor): add some with "
                    + "kafka-reassign-partitions.sh")
        }
        switch found.properties {
        case .success(let properties):
            compare(properties, own: found.ownProperties, wanted: wanted, retention: retention)
            let facts = TopicFacts(
                role: role, name: found.name, replicas: found.replicas,
                properties: properties.merging(changes) { $1 })
            failures += TopicCheck.findings(facts).map(\.message)
        case .failure(let error) where error.code == .unsupportedFeature:
            remarks.append("this broker does not tell the properties of topics")
        case .failure(let error):
            failures.append("its properties cannot be read (\(error)): allow DescribeConfigs on it")
        }
    }

    private mutating func compare(
        _ properties: [String: String], own: [String: String], wanted: TopicSpecification, retention: Duration?
    ) {
        let bytes = wanted.configuration["max.message.bytes"]
        if let bytes, Self.integer(properties["max.message.bytes"]) < Self.integer(bytes) {
            changes["max.message.bytes"] = bytes
        }
        let isCompacted = wanted.configuration["cleanup.policy"] == "compact"
        if let policy = wanted.configuration["cleanup.policy"], properties["cleanup.policy"] != policy {
            changes["cleanup.policy"] = policy
            // How it is compacted; not over what somebody has set for this topic.
            for (name, value) in wanted.configuration where isCompacted && own[name] == nil {
                changes[name] = changes[name] ?? value
            }
            changes["min.insync.replicas"] = nil
        }
        if let retention, !isCompacted, properties["retention.ms"] != "\(retention.wholeMilliseconds)" {
            changes["retention.ms"] = "\(retention.wholeMilliseconds)"
        }
    }

    /// A property that is not told limits nothing.
    private static func integer(_ text: String?) -> Int64 { text.flatMap { Int64($0) } ?? .max }
}
