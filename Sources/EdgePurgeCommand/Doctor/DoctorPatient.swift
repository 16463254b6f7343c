import ControlPlane
import EdgeAgent
import Kafka
import PurgeModel

/// The machine that is looked at, as far as its files and programs tell.
struct DoctorPatient: Sendable {
    /// A cluster, and the file that names it.
    struct Cluster: Sendable {
        var kafka: KafkaConfiguration
        var topics: TopicNames
        var file: String
    }

    /// agent.yaml; nil: this is no cache machine.
    var agent: AgentConfiguration?
    var agentFile = ""
    /// control.yaml; nil: this is no control machine.
    var control: ControlConfiguration?
    var controlFile = ""
    /// What its nginx says of itself; nil where nobody knows.
    var nginx: NginxDump?
    var build = NginxBuild("", prefix: nil)
    /// What its agent answers; nil where it does not.
    var answer: AgentAnswer?

    /// The clusters in use, each once.
    var clusters: [Cluster] {
        var clusters: [Cluster] = []
        if let agent { clusters.append(Cluster(kafka: agent.kafka, topics: agent.topics, file: agentFile)) }
        if let control, agent?.kafka.bootstrapServers != control.kafka.bootstrapServers {
            clusters.append(Cluster(kafka: control.kafka, topics: control.topics, file: controlFile))
        }
        return clusters
    }

    /// The user of nginx's workers.
    var nginxUser: String? {
        guard let nginx else { return nil }
        return nginx.directives.last { $0.name == "user" }?.arguments.first ?? build.user ?? "nobody"
    }
}
