import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgePurgeCommand
@testable import Kafka

/// What the doctor sees of a cluster.
@Suite(.timeLimit(.minutes(5))) struct DoctorKafkaTests {
    private let cluster: MockCluster

    init() throws {
        cluster = try MockCluster()
        for (_, name) in TopicNames().all { try cluster.createTopic(name, partitions: 1) }
    }

    private var patient: DoctorPatient.Cluster {
        DoctorPatient.Cluster(
            kafka: KafkaConfiguration(
                bootstrapServers: cluster.bootstrapServers, properties: ["fetch.wait.max.ms": "10"]),
            topics: TopicNames(), file: "agent.yaml")
    }

    private func topics(_ absence: Duration? = nil) -> TopicsCheck {
        TopicsCheck(cluster: patient, hasTiers: false, longestAbsence: absence)
    }

    @Test func `topics are there, or one is missing, or nobody answers`() async throws {
        #expect(await topics().look().map(\.level) == [.green, .green, .green])
        try cluster.setTopicError(TopicNames().acks, .unknownTopicOrPartition)
        let missing = await topics().look()
        #expect(missing.map(\.level) == [.green, .red, .green])
        #expect(missing[1].remedy == "edge-purge topics create --config agent.yaml")
        var nowhere = patient
        nowhere.kafka.bootstrapServers = "127.0.0.1:1"
        let away = await TopicsCheck(cluster: nowhere, hasTiers: false, longestAbsence: nil).look()
        #expect(away.map(\.level) == [.red], "\(away)")
    }

    /// Properties of the topic of purges, and what is said of them.
    @Test(
        arguments: [
            (["cleanup.policy": "delete", "retention.ms": "604800000"], 3, nil, []),
            (["cleanup.policy": "compact"], 3, nil, [DoctorLevel.red]),
            (["retention.ms": "86400000"], 3, nil, [.yellow]),
            (["retention.ms": "604800000"], 3, 30 * 86_400, [.yellow]),
            (["retention.ms": "-1"], 3, 30 * 86_400, []),
            (["min.insync.replicas": "1"], 3, nil, [.yellow]),
            (["min.insync.replicas": "1"], 1, nil, [.yellow]),
        ] as [([String: String], Int, Int64?, [DoctorLevel])])
    func `properties are judged`(
        _ properties: [String: String], _ replicas: Int, _ absence: Int64?, _ levels: [DoctorLevel]
    ) {
        let found = TopicNames().needed.map { role, name in
            TopicDescription(
                name: name, partitions: 8, replicas: role == .events ? replicas : 3,
                properties: .success(role == .events ? properties : [:]), ownProperties: [:])
        }
        let findings = topics(absence.map { .seconds($0) })
            .findings(Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0) }))
            .filter { $0.about == TopicNames().events }
        #expect(findings.map(\.level) == (levels.isEmpty ? [.green] : levels), "\(findings)")
    }

    @Test func `who may read is green, and who may not is red`() async throws {
        #expect(await KafkaReadingCheck(cluster: patient).look().map(\.level) == [.green])
        try cluster.pushErrors(api: .listOffsets, [.topicAuthorizationFailed, .topicAuthorizationFailed])
        let refused = await KafkaReadingCheck(cluster: patient).look()
        #expect(refused.map(\.level) == [.red], "\(refused)")
    }

    // MARK: Acknowledgements

    private var own: AgentAnswer {
        AgentAnswer(agent: "a", instance: "1", status: "live", drained: false, watcher: "inotify")
    }

    private func check(_ own: AgentAnswer?) -> AcknowledgementsCheck {
        AcknowledgementsCheck(cluster: patient, own: own, isAgents: true, clockSkewMax: .seconds(60))
    }

    /// Runs the check while these acknowledge, each with its clock so far ahead, until it has heard them all.
    ///
    /// It listens for seconds, in which they may not get to say anything on a busy machine.
    private func look(
        _ agents: [(agent: String, instance: String, ahead: Duration)], until levels: [DoctorLevel], last words: String
    ) async throws {
        let producer = try Producer(patient.kafka)
        let speaking = Task {
            while !Task.isCancelled {
                for (agent, instance, ahead) in agents {
                    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
                    let word = Acknowledgement(
                        agent: agent, instance: instance, sentAt: now.advanced(by: ahead), software: "test",
                        cache: "nginx", status: .live, fence: .start, fenceAfter: .seconds(10))
                    _ = try await producer.send(
                        topic: TopicNames().acks, key: Array(agent.utf8), value: AcknowledgementCodec.encode(word))
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        defer { speaking.cancel() }
        var findings: [DoctorFinding] = []
        try await eventually("the doctor has heard all: \(findings)") {
            findings = await check(own).look()
            return findings.map(\.level) == levels && findings.last?.seen.contains(words) == true
        }
        speaking.cancel()
        _ = await speaking.result
        await producer.closeGracefully(flushing: .zero)
    }

    @Test func `this agent is heard alone, and the clocks agree`() async throws {
        try await look([("a", "1", .zero), ("b", "2", .zero)], until: [.green, .green], last: "it agrees with")
    }

    @Test func `nobody hears this agent, another has its name, and a clock is far off`() async throws {
        try await look(
            [("a", "other", .zero), ("b", "2", .seconds(100))], until: [.red, .red, .red], last: "behind")
    }

    @Test func `an agent that may only write acknowledgements is no fault`() async throws {
        func refuse() throws {
            try cluster.pushErrors(api: .listOffsets, [.topicAuthorizationFailed, .topicAuthorizationFailed])
        }
        try refuse()
        #expect(await check(own).look().map(\.level) == [.yellow])
        try cluster.clearErrors(api: .listOffsets)
        try refuse()
        let control = AcknowledgementsCheck(cluster: patient, own: nil, isAgents: false, clockSkewMax: .seconds(60))
        #expect(await control.look().map(\.level) == [.red])
    }

    @Test(arguments: [(10, DoctorLevel.yellow, "ahead of"), (-10, .yellow, "behind"), (600, .red, "ahead of")])
    func `a clock that is off a little is yellow`(_ seconds: Int64, _ level: DoctorLevel, _ word: String) {
        let words = ["b", "c"].map { AcknowledgementsCheck.Word(agent: $0, instance: "1", delay: .seconds(seconds)) }
        let findings = check(nil).findings(words)
        #expect(findings.map(\.level) == [level] && findings[0].seen.contains(word), "\(findings)")
    }
}
