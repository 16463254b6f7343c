package import Kafka
package import PurgeModel

/// What the control plane needs to know: where to listen, where Kafka is, which zones there are.
///
/// Keys, defaults and meanings are documented for operators in `config/control.yaml`; the executable maps that file
/// onto this type.
package struct ControlConfiguration: Sendable {
    /// Address to listen on.
    ///
    /// Loopback by default: without tokens, whoever reaches this port can purge.
    package var host: String
    /// Port to listen on; 0 lets the system choose.
    package var port: Int
    /// The certificate to serve HTTPS with; nil: plain HTTP.
    package var tls: TLSFiles?
    /// Where the tokens are; nil: there are none.
    package var tokens: TokenSource?
    /// The cluster to produce purges to and to read acknowledgements from.
    package var kafka: KafkaConfiguration
    /// Topic names.
    package var topics: TopicNames
    /// Directory of the history and the rate limits; each control plane needs its own.
    package var stateDirectory: String
    /// The zones of the API.
    package var zones: ZoneTable
    /// How long purges are remembered, by the time of their acceptance; a control plane without history reads so far
    /// back.
    package var historyWindow: Duration
    /// Purges kept on disk; beyond it the oldest are forgotten.
    package var historyPurgesMax: Int
    /// About what the history may take on disk, before compression; beyond it the oldest are forgotten.
    package var historyBytesMax: Int
    /// Purges kept in memory; beyond it the oldest are read from disk when they are asked for, finished ones first.
    package var memoryPurgesMax: Int
    /// Bytes that purge events take in memory, as ``memoryPurgesMax``.
    package var memoryBytesMax: Int
    /// What single agents did (removed, bytes, duration), kept in memory: entries of one agent and one purge.
    ///
    /// Beyond it those of the oldest purges are read from disk when they are asked for.
    package var memoryDetailsMax: Int
    /// The file that names the agents that are expected whether they have spoken or not; nil for none.
    package var rosterFile: String?
    /// How long an agent that fences itself may be silent before it leaves the set; nil: for ever.
    package var agentExpiry: Duration?
    /// Added to an agent's lease before its silence counts as fenced.
    package var confirmationMargin: Duration
    /// How long one instance of an agent must speak alone before it is believed, after another one spoke under the
    /// same name.
    ///
    /// Must be longer than the longest pause between two acknowledgements of a healthy agent, which is one second.
    package var instanceWindow: Duration
    /// How long a purge may take to be stored by Kafka before the API answers 503.
    package var produceTimeout: Duration
    /// Tags, hosts and prefixes in one request of a zone without a plan, each.
    package var keysPerRequestMax: Int
    /// URLs in one request of a zone without a plan.
    package var urlsPerRequestMax: Int
    /// Connections served at once; more wait in the system's queue.
    package var connectionsMax: Int
    /// A connection on which nothing arrives for this long is closed.
    ///
    /// A request that waits for a confirmation is not idle.
    package var idleTimeout: Duration
    /// A connection whose request has not arrived in full within this time is closed.
    package var requestTimeout: Duration = .seconds(30)
    /// A connection whose client takes nothing of an answer for this long is closed.
    package var writeTimeout: Duration = .seconds(30)

    /// Who may read the metrics, and how many agents they tell apart.
    package var metrics = ControlMetricsConfiguration()
    /// Name and version of the program, for metrics.
    package var software = "edge-purge"

    /// The numbers of a zone without a plan.
    var unlimited: PurgeLimits {
        PurgeLimits(keysPerRequest: keysPerRequestMax, urlsPerRequest: urlsPerRequestMax)
    }

    /// The numbers of each account.
    var accountLimits: [String: PurgeLimits] {
        Dictionary(zones.zones.map { ($0.account, $0.limits.resolved(unlimited: unlimited)) }) { first, _ in first }
    }

    /// Creates a configuration with the documented defaults.
    package init(kafka: KafkaConfiguration, zones: ZoneTable) {
        self.host = "127.0.0.1"
        self.port = 7480
        self.kafka = kafka
        self.topics = TopicNames()
        self.stateDirectory = "/var/lib/edge-purge-control"
        self.zones = zones
        self.historyWindow = .seconds(7 * 24 * 3600)
        self.historyPurgesMax = 1_000_000
        self.historyBytesMax = 4 << 30
        self.memoryPurgesMax = 100_000
        self.memoryBytesMax = 256 << 20
        self.memoryDetailsMax = 2_000_000
        self.rosterFile = nil
        self.agentExpiry = nil
        self.confirmationMargin = .seconds(2)
        self.instanceWindow = .seconds(3)
        self.produceTimeout = .seconds(10)
        self.keysPerRequestMax = Limits.keysPerRequestMax
        self.urlsPerRequestMax = Limits.urlsPerRequestMax
        self.connectionsMax = 4096
        self.idleTimeout = .seconds(60)
    }
}
