/// Whether a topic is as purges need it: one that Kafka made by itself, for whoever asked first, is not.
package enum TopicCheck {
    /// What an event, and a dead letter, may take: its value of 1 MiB, key, headers and framing.
    package static let messageBytesMax = Limits.eventBytesMax + (64 << 10)
    /// What an acknowledgement of a busy agent takes at most, and a word about a tier.
    private static let acknowledgementBytesMax = 512 << 10
    /// An agent that was away for longer than purges are kept purges everything.
    private static let retentionMin: Int64 = 3_600_000

    /// What is wrong with a topic; empty when nothing is.
    package static func findings(_ topic: TopicFacts) -> [TopicFinding] {
        let policies = topic.properties["cleanup.policy"].map { text in
            Set(text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) })
        }
        var findings: [TopicFinding] = []
        func find(_ effect: TopicFinding.Effect, _ text: String) {
            findings.append(TopicFinding(effect: effect, message: "topic '\(topic.name)' \(text)"))
        }
        let remedy = "'edge-purge topics create' sets it right"
        switch topic.role {
        case .acks:
            guard let policies else { break }
            let told = policies.sorted().joined(separator: ",")
            if policies.contains("delete"), isBounded(topic) {
                find(
                    .untrue,
                    "has cleanup.policy=\(told): Kafka forgets an agent that is silent for long, and purges would be "
                        + "confirmed without it. \(remedy)")
            } else if !policies.contains("compact") {
                find(.limited, "has cleanup.policy=\(told), so it grows for ever. \(remedy)")
            }
        case .tiers:
            // Nothing is lost with what is deleted: each word is told again every second.
            if let policies, !policies.contains("compact") {
                let told = policies.sorted().joined(separator: ",")
                find(
                    .limited,
                    "has cleanup.policy=\(told): an agent that starts reads every word about tiers that is kept. "
                        + remedy)
            }
        case .events, .deadLetters:
            if policies?.contains("compact") == true {
                find(
                    .untrue,
                    "is compacted: Kafka drops all but the last message of a key, so an agent that is behind misses "
                        + "purges without noticing. \(remedy)")
            }
        }
        if topic.role == .events, let time = integer("retention.ms", topic), time >= 0, time < retentionMin {
            find(
                .limited,
                "keeps messages for \(DurationText.text(.milliseconds(time))) only (retention.ms): an agent that is "
                    + "away for longer has to flush its caches. \(remedy)")
        }
        let bytesMin = [.acks, .tiers].contains(topic.role) ? acknowledgementBytesMax : Limits.eventBytesMax
        if let bytes = integer("max.message.bytes", topic), bytes < Int64(bytesMin) {
            find(
                .limited,
                "takes messages of \(bytes) bytes at most (max.message.bytes), and they can have \(bytesMin). \(remedy)"
            )
        }
        if let least = integer("min.insync.replicas", topic), least > Int64(topic.replicas) {
            find(
                .limited,
                "has \(topic.replicas) copies of a partition, fewer than min.insync.replicas=\(least): nothing can be "
                    + "stored in it. Give it more copies with kafka-reassign-partitions.sh, or lower "
                    + "min.insync.replicas"
            )
        }
        if topic.properties["unclean.leader.election.enable"] == "true",
            [.events, .acks].contains(topic.role)
        {
            find(
                .limited,
                "has unclean.leader.election.enable=true: messages that were stored may be lost when a broker dies. "
                    + "Set it to false with kafka-configs.sh")
        }
        return findings
    }

    /// Whether messages are deleted for their age or for the size of the topic.
    private static func isBounded(_ topic: TopicFacts) -> Bool {
        ["retention.ms", "retention.bytes"].contains { integer($0, topic).map { $0 >= 0 } ?? false }
    }

    private static func integer(_ property: String, _ topic: TopicFacts) -> Int64? {
        topic.properties[property].flatMap { Int64($0) }
    }
}
