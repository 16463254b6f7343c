/// The JSON that describes a running development environment to scripts, tests and benchmarks.
package struct ReadyFile: Codable, Sendable {
    /// One cache.
    package struct Cache: Codable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case agent, url
            case cachePath = "cache_path"
            case adminSocket = "admin_socket"
            case agentConfig = "agent_config"
            case accessLog = "access_log"
        }

        /// The agent's name.
        package let agent: String
        /// nginx's URL; send `Host: shop.example`.
        package let url: String
        /// The directory of `proxy_cache_path`.
        package let cachePath: String
        /// The agent's admin socket.
        package let adminSocket: String
        /// The agent's configuration file.
        package let agentConfig: String
        /// nginx's access log.
        package let accessLog: String

        package init(
            agent: String, url: String, cachePath: String, adminSocket: String, agentConfig: String, accessLog: String
        ) {
            self.agent = agent
            self.url = url
            self.cachePath = cachePath
            self.adminSocket = adminSocket
            self.agentConfig = agentConfig
            self.accessLog = accessLog
        }
    }

    /// Process ids; written anew when a child was restarted.
    package struct ProcessIDs: Codable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case agents, control, broker, nginx
        }

        /// Agents by name.
        package let agents: [String: Int32]
        /// The control plane.
        package let control: Int32?
        /// The embedded broker; absent with a real cluster.
        package let broker: Int32?
        /// nginx masters by the name of their agent.
        package let nginx: [String: Int32]

        package init(agents: [String: Int32], control: Int32?, broker: Int32?, nginx: [String: Int32]) {
            self.agents = agents
            self.control = control
            self.broker = broker
            self.nginx = nginx
        }
    }

    /// The topics in use.
    package struct Topics: Codable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case events, acks, tiers
            case deadLetters = "dead_letters"
        }

        package let events: String
        package let acks: String
        package let deadLetters: String
        package let tiers: String

        package init(events: String, acks: String, deadLetters: String, tiers: String) {
            self.events = events
            self.acks = acks
            self.deadLetters = deadLetters
            self.tiers = tiers
        }
    }

    private enum CodingKeys: String, CodingKey {
        case control, zone, kafka, topics, origin, caches, pids, directory
        case zoneName = "zone_name"
        case controlConfig = "control_config"
    }

    /// The control plane's URL.
    package let control: String
    /// The zone's id.
    package let zone: String
    /// The zone's name, which is the host to ask for.
    package let zoneName: String
    /// Kafka's bootstrap servers.
    package let kafka: String
    package let topics: Topics
    /// The origin's URL.
    package let origin: String
    /// All caches.
    package let caches: [Cache]
    package let pids: ProcessIDs
    /// The directory that holds configuration and logs.
    package let directory: String
    /// The control plane's configuration file.
    package let controlConfig: String

    package init(
        control: String, zone: String, zoneName: String, kafka: String, topics: Topics, origin: String,
        caches: [Cache], pids: ProcessIDs, directory: String, controlConfig: String
    ) {
        self.control = control
        self.zone = zone
        self.zoneName = zoneName
        self.kafka = kafka
        self.topics = topics
        self.origin = origin
        self.caches = caches
        self.pids = pids
        self.directory = directory
        self.controlConfig = controlConfig
    }
}
