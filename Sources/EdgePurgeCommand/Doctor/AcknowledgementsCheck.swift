import EdgeAgent
import FoundationEssentials
import Kafka
import PurgeModel
import Threads

/// Listens to what agents acknowledge: whether this one is heard, whether another one has its name, and whether the
/// clocks agree.
struct AcknowledgementsCheck: DoctorCheck {
    /// An acknowledgement, and when it was heard.
    struct Word: Sendable {
        var agent: String
        var instance: String
        /// From when it was sent, by its clock, to when it was heard, by ours; negative where its clock is ahead.
        var delay: Duration
    }

    let cluster: DoctorPatient.Cluster
    /// The agent that runs here; nil: none.
    let own: AgentAnswer?
    /// Whether the cluster is read with the rights of an agent.
    let isAgents: Bool
    let clockSkewMax: Duration

    let name = "acknowledgements"
    /// Each agent acknowledges once a second; so long it is listened to.
    private static let span = Duration.seconds(4)

    func look() async -> [DoctorFinding] {
        let topic = cluster.topics.acks
        do throws(KafkaError) {
            return findings(
                try await DedicatedThread.run(name: "doctor-acks", noThread: KafkaError.unstarted) {
                    [cluster] () throws(KafkaError) in
                    try Self.listen(cluster.kafka, topic)
                })
        } catch {
            let mend = error.remedy("Read", topic, file: cluster.file)
            guard isAgents, error.code == .topicAuthorizationFailed else {
                return [.red(topic, "it cannot be read: \(error)", mend: mend)]
            }
            // Agents need no more than to write it.
            return [
                .yellow(
                    topic,
                    "this client may not read it, so nobody could hear whether another agent has this name, and "
                        + "whether the clocks agree", mend: "edge-purge doctor   # on a control machine; or:\n\(mend)")
            ]
        }
    }

    /// What comes of what was heard.
    func findings(_ words: [Word]) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        if let own {
            let instances = Set(words.filter { $0.agent == own.agent }.map(\.instance))
            if !instances.contains(own.instance) {
                findings.append(
                    .red(
                        own.agent,
                        "nobody hears this agent: it acknowledged nothing in "
                            + "\(DurationText.text(Self.span))",
                        mend: KafkaError.allow("Write", cluster.topics.acks) + "\njournalctl -u edge-purge-agent -n 50"
                    ))
            } else {
                findings.append(.green(own.agent, "this agent is heard"))
            }
            if !instances.subtracting([own.instance]).isEmpty {
                findings.append(
                    .red(
                        own.agent, "another agent acknowledges under this name: nothing is confirmed",
                        mend: "give one of them another agent.id and state directory, and restart it"))
            }
        }
        // That of the machine itself says nothing of clocks.
        guard let clock = ClockDifference(delays: words.filter { $0.agent != own?.agent }.map(\.delay)) else {
            return findings + [.green("clock", "no other agent was heard, so there is nothing to compare it with")]
        }
        guard !clock.isUsual else {
            return findings + [.green("clock", "it agrees with those of other agents")]
        }
        return findings + [
            DoctorFinding(
                level: clock.isBeyond(clockSkewMax) ? .red : .yellow, about: "clock",
                seen: "it is \(clock.text) those of other agents",
                remedy: "timedatectl set-ntp true   # on the machine whose clock is wrong")
        ]
    }

    private static func listen(_ kafka: KafkaConfiguration, _ topic: String) throws(KafkaError) -> [Word] {
        let consumer = try PartitionConsumer(kafka, topic: topic, groupID: nil)
        defer { consumer.close() }
        guard let count = try consumer.partitionCount(timeout: .seconds(5)) else { return [] }
        try consumer.assign(Dictionary(uniqueKeysWithValues: (0..<Int32(count)).map { ($0, .latest) }))
        var words: [Word] = []
        // It begins when the brokers have said where the end is.
        var end = ContinuousClock.now + .seconds(5)
        var hasBegun = false
        while ContinuousClock.now < end {
            for event in consumer.poll(maxMessages: 1000, timeout: .milliseconds(200)) {
                switch event {
                case .message(let message):
                    guard let word = try? AcknowledgementCodec.decode(message.value ?? []) else { continue }
                    let now = Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000))
                    words.append(
                        Word(agent: word.agent, instance: word.instance, delay: now.duration(since: word.sentAt)))
                case .endOfPartition where !hasBegun:
                    hasBegun = true
                    end = .now + span
                case .error(let error) where error.keepsFromReading: throw error
                default: break
                }
            }
        }
        guard hasBegun || !words.isEmpty else {
            throw KafkaError(code: .timedOut, message: "no broker answered within 5 s")
        }
        return words
    }
}
