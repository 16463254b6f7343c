package import Kafka
package import LinuxFiles
package import PurgeModel

/// What one agent needs to know: who it is, where Kafka is, which caches it looks after.
///
/// Keys, defaults and meanings are documented for operators in `config/agent.yaml`; the executable maps that file onto
/// this type.
package struct AgentConfiguration: Sendable {
    /// This agent's name, unique among all agents; by default the host name.
    ///
    /// 1 to 128 of `A-Z a-z 0-9 . _ -`.
    package var agent: String
    /// Where the machine is, for people (`fra1`, `eu-central`); shown, never interpreted.
    package var region: String?
    /// Directory for the agent's own RocksDB (index, queue, offsets).
    ///
    /// Created when missing.
    package var stateDirectory: String
    /// Bytes that are to stay free on the file system of the state directory: below it the agent waits, and applies and
    /// reads nothing.
    package var stateReserveBytes: Int
    /// Unix socket of the local admin API; only the agent's user and group may open it.
    package var adminSocket: String
    /// The cluster to read purges from and acknowledge to.
    package var kafka: KafkaConfiguration
    /// Topic names.
    package var topics: TopicNames
    /// The caches of this machine.
    ///
    /// At least one.
    package var caches: [CacheConfiguration]
    /// How tags are found in stored responses.
    package var tagHeaders: CacheTagHeaders
    /// How URL paths are normalised before they are compared, for stored objects and for purges alike.
    package var normalization: URLNormalization
    /// How file changes are noticed.
    package var watcher: WatcherKind
    /// The queue holds at most this many purges; beyond it intake pauses and Kafka keeps the rest.
    package var queueEntriesMax: Int
    /// After a power loss, purges applied within this time before it are applied once more.
    package var replayWindow: Duration
    /// Where the machine says which boot it is on; another file only in tests.
    package var bootIDFile: String
    /// Longest time between an origin's answer being requested and stored; as long a purge stays in force, or 0 for
    /// none.
    package var guardWindow: Duration
    /// nginx's access log in the format of `deploy/nginx/edge-purge.conf`, to tell when each fetch from the origin
    /// began; nil: none.
    package var accessLog: String?
    /// Largest difference of clocks between the machines that accept purges and this one.
    package var clockSkewMax: Duration
    /// What a flush does when purges were missed because Kafka no longer had them.
    package var missedPurges: PurgeMode
    /// Memory for RocksDB's block cache, in bytes.
    package var blockCacheBytes: Int
    /// From one comparison of index and disk, in the background, to the next; zero: none.
    package var verifyInterval: Duration
    /// Threads for file operations of one large purge.
    package var fileThreads: Int
    /// What becomes of the bytes of deleted files.
    package var reclaim: ReclaimMode
    /// With `low_disk`: a file system has little room while less than this share of it is free, in percent.
    package var reclaimBelowPercent: Int
    /// When the caches are taken out of service.
    package var fence = FenceConfiguration()
    /// How nginx asks before it answers from its cache.
    package var ask = AskConfiguration()
    /// Where the caches stand among caches that fill from each other.
    package var tier = TierConfiguration()
    /// Where metrics are served.
    package var metrics = AgentMetricsConfiguration()

    /// What a flush does in place of missed purges here: what other caches fill from must not be served stale.
    var flushMode: PurgeMode { tier.isFilledFrom ? .delete : missedPurges }

    /// Creates a configuration with the documented defaults.
    package init(agent: String, stateDirectory: String, kafka: KafkaConfiguration, caches: [CacheConfiguration]) {
        self.agent = agent
        self.stateDirectory = stateDirectory
        // What RocksDB may still write by itself: its memory tables (32 MiB), and about as much to merge files.
        self.stateReserveBytes = 64 << 20
        self.adminSocket = stateDirectory + "/admin.sock"
        self.kafka = kafka
        self.topics = TopicNames()
        self.caches = caches
        self.tagHeaders = .standard
        self.normalization = .cloudflare
        self.watcher = .automatic
        self.queueEntriesMax = 100_000
        self.replayWindow = .seconds(600)
        self.bootIDFile = "/proc/sys/kernel/random/boot_id"
        self.guardWindow = .seconds(60)
        self.clockSkewMax = .seconds(60)
        self.missedPurges = .delete
        self.blockCacheBytes = 32 << 20
        self.verifyInterval = .seconds(86_400)
        self.fileThreads = 2
        self.reclaim = .lowDisk
        self.reclaimBelowPercent = 10
    }
}
