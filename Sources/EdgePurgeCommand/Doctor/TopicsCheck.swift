import EdgeAgent
import Kafka
import PurgeModel

/// Whether Kafka can be reached, and has the topics as purges need them.
struct TopicsCheck: DoctorCheck {
    let cluster: DoctorPatient.Cluster
    /// Whether caches here fill from each other.
    let hasTiers: Bool
    /// How long an agent may be away before it is given up; nil: for ever.
    let longestAbsence: Duration?

    let name = "topics"
    /// Two days of a weekend and a day to notice.
    private static let retentionUsual: Duration = .seconds(3 * 86_400)

    private var topics: [(role: TopicRole, name: String)] {
        hasTiers ? cluster.topics.all : cluster.topics.needed
    }

    private var create: String { "edge-purge topics create --config \(cluster.file)" }

    func look() async -> [DoctorFinding] {
        do throws(KafkaError) {
            let admin = try KafkaAdmin(cluster.kafka)
            return findings(try await admin.describe(topics.map(\.name), timeout: .seconds(5)))
        } catch {
            return [
                .red(
                    cluster.kafka.bootstrapServers, "it cannot be asked: \(error)",
                    mend: error.remedy("Describe", cluster.topics.events, file: cluster.file))
            ]
        }
    }

    /// What comes of the cluster's answer.
    func findings(_ found: [String: TopicDescription]) -> [DoctorFinding] {
        topics.flatMap { role, name -> [DoctorFinding] in
            guard let topic = found[name] else {
                return [.red(name, "this topic does not exist", mend: create)]
            }
            let size = "partitions: \(topic.partitions), copies of each: \(topic.replicas)"
            switch topic.properties {
            case .failure(let error) where error.code == .unsupportedFeature: return [.green(name, size)]
            case .failure(let error):
                return [
                    .yellow(
                        name, "\(size); its properties cannot be read: \(error)",
                        mend: KafkaError.allow("DescribeConfigs", name))
                ]
            case .success(let properties):
                let facts = TopicFacts(role: role, name: name, replicas: topic.replicas, properties: properties)
                let findings =
                    TopicCheck.findings(facts).map { finding in
                        DoctorFinding(
                            level: finding.effect == .untrue ? .red : .yellow, about: name, seen: finding.message,
                            remedy: create)
                    } + remarks(facts)
                return findings.isEmpty ? [.green(name, size)] : findings
            }
        }
    }

    /// What is no mistake, and costs something one day.
    private func remarks(_ topic: TopicFacts) -> [DoctorFinding] {
        var remarks: [DoctorFinding] = []
        let kept = topic.properties["retention.ms"].flatMap { Int64($0) }.map { Duration.milliseconds($0) }
        if topic.role == .events, let kept, kept >= .seconds(3600), kept < longestAbsence ?? Self.retentionUsual {
            let absence = longestAbsence.map { "agents.expire waits \(DurationText.text($0)) for an agent" }
            remarks.append(
                .yellow(
                    topic.name,
                    "it keeps purges for \(DurationText.text(kept)), and "
                        + "\(absence ?? "an agent may be away longer"): it would flush its caches then",
                    mend: "\(create) --retention 7d"))
        }
        if topic.role == .events || topic.role == .acks {
            if topic.replicas < 2 {
                remarks.append(
                    .yellow(
                        topic.name, "it has one copy: with that broker all of it is gone",
                        mend: "kafka-reassign-partitions.sh   # three copies are usual"))
            } else if topic.replicas >= 3, topic.properties["min.insync.replicas"] == "1" {
                remarks.append(
                    .yellow(
                        topic.name, "min.insync.replicas=1: what was accepted may be on one broker only",
                        mend: "kafka-configs.sh --alter --topic \(topic.name) --add-config min.insync.replicas=2"))
            }
        }
        return remarks
    }
}
