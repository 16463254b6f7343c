import Testing

@testable import PurgeModel

/// What is wrong with topics that Kafka made by itself.
@Suite struct TopicCheckTests {
    /// What Kafka 3.9 gives a topic that it makes because somebody asked for it.
    private static let automatic = [
        "cleanup.policy": "delete", "retention.ms": "604800000", "retention.bytes": "-1",
        "max.message.bytes": "1048588", "min.insync.replicas": "1", "unclean.leader.election.enable": "false",
    ]

    private func effects(
        _ role: TopicRole, _ changes: [String: String] = [:], replicas: Int = 3
    ) -> [TopicFinding.Effect] {
        TopicCheck.findings(
            TopicFacts(
                role: role, name: "purge.\(role.rawValue)", replicas: replicas,
                properties: Self.automatic.merging(changes) { $1 })
        ).map(\.effect)
    }

    /// Attack D32: `purge.acks` made by Kafka itself forgot a stopped agent, and a purge was confirmed without it.
    @Test func `acknowledgements have to be compacted, or kept for ever`() {
        #expect(effects(.acks) == [.untrue])
        #expect(effects(.acks, ["cleanup.policy": "compact, delete"]) == [.untrue])
        #expect(effects(.acks, ["cleanup.policy": "compact"]).isEmpty)
        #expect(effects(.acks, ["retention.ms": "-1"]) == [.limited], "nobody is forgotten, but it grows")
        #expect(effects(.acks, ["retention.ms": "-1", "retention.bytes": "1000000"]) == [.untrue])
    }

    @Test func `words about tiers should be compacted, and nothing is lost where they are not`() {
        #expect(effects(.tiers) == [.limited])
        #expect(effects(.tiers, ["cleanup.policy": "compact,delete"]).isEmpty)
        #expect(effects(.tiers, ["cleanup.policy": "compact", "unclean.leader.election.enable": "true"]).isEmpty)
    }

    @Test func `purges must not be compacted`() {
        #expect(effects(.events).isEmpty)
        #expect(effects(.events, ["cleanup.policy": "compact"]) == [.untrue])
        #expect(effects(.deadLetters, ["cleanup.policy": "compact,delete"]) == [.untrue])
    }

    @Test func `what does not work, or not always, is told`() {
        #expect(effects(.events, ["retention.ms": "60000"]) == [.limited])
        #expect(effects(.events, ["retention.ms": "-1"]).isEmpty)
        #expect(effects(.events, ["max.message.bytes": "1000000"]) == [.limited])
        #expect(effects(.acks, ["cleanup.policy": "compact", "max.message.bytes": "100000"]) == [.limited])
        #expect(effects(.events, ["min.insync.replicas": "2"], replicas: 1) == [.limited])
        #expect(effects(.events, ["min.insync.replicas": "2"], replicas: 2).isEmpty)
        #expect(effects(.events, ["unclean.leader.election.enable": "true"]) == [.limited])
    }

    @Test func `what a cluster does not tell, or tells in no form we know, is no finding`() {
        for role in TopicRole.allCases {
            let facts = TopicFacts(role: role, name: "t", replicas: 1, properties: [:])
            #expect(TopicCheck.findings(facts).isEmpty)
            #expect(
                effects(
                    role,
                    ["cleanup.policy": [.acks, .tiers].contains(role) ? "compact" : "delete", "retention.ms": "x"]
                ).isEmpty)
        }
    }

    @Test func `a finding is told once, and again when it comes back`() {
        let acks = TopicFacts(role: .acks, name: "purge.acks", replicas: 1, properties: Self.automatic)
        let findings = TopicCheck.findings(acks)
        var report = TopicReport()
        let result1 = report.take([acks], areAll: true).findings
        #expect(result1 == findings)
        let result2 = report.take([acks], areAll: true).findings
        #expect(result2.isEmpty)
        let result3 = report.take([], areAll: true).findings
        #expect(result3.isEmpty && report.untrue == nil)
        let result4 = report.take([acks], areAll: true).findings
        #expect(result4 == findings)
    }

    @Test func `what cannot be looked at any more stays as it was found, and is told once`() {
        let acks = TopicFacts(role: .acks, name: "purge.acks", replicas: 1, properties: Self.automatic)
        var report = TopicReport()
        _ = report.take([acks], areAll: true)
        let untrue = report.untrue
        #expect(untrue?.contains("cleanup.policy") == true)
        let first = report.take([], areAll: false)
        #expect(first.cannotCheck && first.findings.isEmpty && report.untrue == untrue)
        let second = report.take([], areAll: false)
        #expect(!second.cannotCheck && report.untrue == untrue)
        _ = report.take([], areAll: true)
        #expect(report.untrue == nil)
    }
}
