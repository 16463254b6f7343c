import PurgeModel

/// A running development environment: where everything is.
struct DevEnvironment: Sendable {
    /// Address of the control plane.
    var control: String
    /// Brokers.
    var bootstrapServers: String
    /// Whether they are the embedded cluster.
    var isEmbedded: Bool
    /// What the topics' names begin with.
    var topicPrefix: String
    /// Address of the origin.
    var origin: String
    /// The caches.
    var caches: [DevCache]
    /// The directory with configuration and logs.
    var directory: String
    /// The control plane's process.
    var controlChild: ManagedChild
    /// The embedded broker's process.
    var brokerChild: ManagedChild?
    /// The agents' processes, in the order of `caches`.
    var agentChildren: [ManagedChild]
    /// The nginx masters, in the order of `caches`.
    var nginxChildren: [ManagedChild]

    /// The description for scripts, with the process ids of this moment.
    func readyFile() -> ReadyFile {
        func processIDs(_ children: [ManagedChild]) -> [String: Int32] {
            Dictionary(
                zip(caches, children).compactMap { cache, child in child.processID.map { (cache.agent, $0) } },
                uniquingKeysWith: { $1 }
            )
        }
        return ReadyFile(
            control: control,
            zone: DevZone.id,
            zoneName: DevZone.name,
            kafka: bootstrapServers,
            topics: .init(
                events: "\(topicPrefix).events",
                acks: "\(topicPrefix).acks",
                deadLetters: "\(topicPrefix).dead_letters",
                tiers: "\(topicPrefix).tiers"
            ),
            origin: origin,
            caches: caches.map { cache in
                ReadyFile.Cache(
                    agent: cache.agent,
                    url: cache.url,
                    cachePath: cache.cachePath,
                    adminSocket: cache.adminSocket,
                    agentConfig: cache.agentConfiguration,
                    accessLog: cache.accessLog
                )
            },
            pids: .init(
                agents: processIDs(agentChildren),
                control: controlChild.processID,
                broker: brokerChild?.processID,
                nginx: processIDs(nginxChildren)
            ),
            directory: directory,
            controlConfig: directory + "/control.yaml"
        )
    }
}
